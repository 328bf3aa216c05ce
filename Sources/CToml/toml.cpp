#include "CToml.h"
int cl_toml_version(void) { return 3; }
