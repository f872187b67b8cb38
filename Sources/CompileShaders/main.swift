print("CompileShaders")
