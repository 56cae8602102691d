#pragma once
/* Reads TOML with toml++ and tells what it found, value by value, with the line of each.
 * No C++ exception leaves this header's function. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum __attribute__((enum_extensibility(closed))) CTOMLKind : int32_t {
    CTOMLKindTableBegin = 0,
    CTOMLKindTableEnd = 1,
    CTOMLKindArrayBegin = 2,
    CTOMLKindArrayEnd = 3,
    CTOMLKindString = 4,
    CTOMLKindInteger = 5,
    CTOMLKindDouble = 6,
    CTOMLKindBoolean = 7,
    /* Dates and times, which the caller has no use for: `text` names the type. */
    CTOMLKindOther = 8,
} CTOMLKind;

/* One value, or the beginning or the end of one that holds others. Valid during the call only. */
typedef struct {
    CTOMLKind kind;
    /* The key in the table around it; length 0 within arrays, at the root and at ends. Not NUL-terminated. */
    const char *_Nullable key;
    size_t key_length;
    const char *_Nullable text;
    size_t text_length;
    int64_t integer;
    double number;
    bool boolean;
    /* Counted from 1. */
    uint32_t line;
} CTOMLItem;

typedef void (*CTOMLVisitor)(void *_Nullable context, const CTOMLItem *_Nonnull item);

typedef struct {
    uint32_t line;
    uint32_t column;
    /* NUL-terminated. */
    char reason[256];
} CTOMLProblem;

/* Visits the root table and all in it, in order; false, and `problem`, where `text` is not TOML 1.0. */
bool ctoml_read(const char *_Nonnull text, size_t length, CTOMLVisitor _Nonnull visit, void *_Nullable context,
                CTOMLProblem *_Nonnull problem);

#ifdef __cplusplus
}
#endif
