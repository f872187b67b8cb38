print("vamen")
