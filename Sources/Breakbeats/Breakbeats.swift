// Breakbeats
