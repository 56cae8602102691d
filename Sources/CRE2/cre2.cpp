#include "cre2.h"

#include <new>
#include <re2/re2.h>

struct CRE2Pattern {
    re2::RE2 pattern;

    CRE2Pattern(re2::StringPiece text, const re2::RE2::Options &options) : pattern(text, options) {}
};

/* For the compiled pattern and its automata. */
static const int64_t memoryMax = 1 << 20;

CRE2Pattern *cre2_compile(const char *text, size_t length) {
    try {
        re2::RE2::Options options;
        options.set_log_errors(false);
        options.set_max_mem(memoryMax);
        auto *compiled = new CRE2Pattern(re2::StringPiece(text, length), options);
        if (compiled->pattern.ok()) return compiled;
        delete compiled;
    } catch (...) {
    }
    return nullptr;
}

bool cre2_fits(const CRE2Pattern *pattern, const char *text, size_t length) {
    try {
        return re2::RE2::FullMatch(re2::StringPiece(text, length), pattern->pattern);
    } catch (...) {
        return false;
    }
}

void cre2_free(CRE2Pattern *pattern) { delete pattern; }
