#include "CMatrix.h"
