#pragma once
/* The one question the proxy asks libcapnp: the two texts of an InboundMetrics message.
 * No C++ exception leaves this header's functions, and none of them allocates for the caller. */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum __attribute__((enum_extensibility(closed))) CCapnpStatus : int32_t {
    CCapnpStatusOK = 0,
    /* The message breaks the encoding: `error` says how. */
    CCapnpStatusMalformed = 1,
    CCapnpStatusOutOfMemory = 2,
} CCapnpStatus;

/* Both texts are slices of the message that was read, without their NUL; a null text has length 0. */
typedef struct {
    const uint8_t *_Nullable name;
    size_t name_length;
    const uint8_t *_Nullable data;
    size_t data_length;
} CCapnpInboundMetrics;

/* Reads one unpacked message (segment table and segments) as struct { appName @0 :Text; data @1 :Text; }.
 *
 * `message` must be aligned to 8 bytes; `length` must be the whole message. At most `nesting_max` pointers deep
 * and no more than twice the message's own words are traversed. Texts are checked for their NUL, not for UTF-8.
 * On failure `error` receives a NUL-terminated sentence of at most `error_capacity` bytes. */
CCapnpStatus ccapnp_read_inbound_metrics(const void *_Nonnull message, size_t length, int nesting_max,
                                         CCapnpInboundMetrics *_Nonnull result,
                                         char *_Nonnull error, size_t error_capacity);

/* Writes the same struct as one unpacked message into `buffer`; answers its length, or 0 where it does not fit. */
size_t ccapnp_write_inbound_metrics(const uint8_t *_Nonnull name, size_t name_length,
                                    const uint8_t *_Nonnull data, size_t data_length,
                                    uint8_t *_Nonnull buffer, size_t capacity);

#ifdef __cplusplus
}
#endif
