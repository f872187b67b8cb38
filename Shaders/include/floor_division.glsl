// Whole-number division for operands that may be negative, where GLSL leaves % undefined; b > 0.

int floor_division(int a, int b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

int modulo(int a, int b) { return a - b * floor_division(a, b); }
