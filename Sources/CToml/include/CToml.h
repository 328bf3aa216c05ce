#pragma once
#ifdef __cplusplus
extern "C" {
#endif
/* Placeholder until Profiles is built; see Profiles. */
int cl_toml_version(void);
#ifdef __cplusplus
}
#endif
