// BreakbeatTraining
