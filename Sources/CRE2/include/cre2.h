#pragma once
/* Regular expressions of RE2, which is what Prometheus' own follow: the time for a match grows with the text alone.
 * No C++ exception leaves these functions. */
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CRE2Pattern CRE2Pattern;

/* A pattern over UTF-8; NULL where the text is none, or needs more than 1 MiB. To be freed with cre2_free. */
CRE2Pattern *_Nullable cre2_compile(const char *_Nullable text, size_t length);

/* Whether the pattern fits the whole of the text. */
bool cre2_fits(const CRE2Pattern *_Nonnull pattern, const char *_Nullable text, size_t length);

void cre2_free(CRE2Pattern *_Nonnull pattern);

#ifdef __cplusplus
}
#endif
