#include "ccapnp.h"

#include <capnp/any.h>
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>

#include <cstdio>
#include <cstring>
#include <new>

namespace {

// A schema-less reader: generated code would pin one libcapnp version, and the checks are the same.
capnp::Text::Reader text(capnp::List<capnp::AnyPointer>::Reader pointers, unsigned field) {
    if (field >= pointers.size()) return capnp::Text::Reader("", 0);
    return pointers[field].getAs<capnp::Text>();
}

void fail(char *error, size_t capacity, const char *sentence) {
    if (capacity > 0) std::snprintf(error, capacity, "%s", sentence);
}

}  // namespace

extern "C" CCapnpStatus ccapnp_read_inbound_metrics(const void *message, size_t length, int nesting_max,
                                                    CCapnpInboundMetrics *result, char *error,
                                                    size_t error_capacity) {
    *result = CCapnpInboundMetrics{nullptr, 0, nullptr, 0};
    try {
        capnp::ReaderOptions options;
        // Each word may be looked at twice (a landing pad and its text), never more: no amplification.
        options.traversalLimitInWords = length / sizeof(capnp::word) * 2 + 16;
        options.nestingLimit = nesting_max;
        capnp::FlatArrayMessageReader reader(
            kj::arrayPtr(static_cast<const capnp::word *>(message), length / sizeof(capnp::word)), options);
        auto pointers = reader.getRoot<capnp::AnyStruct>().getPointerSection();
        auto name = text(pointers, 0);
        auto data = text(pointers, 1);
        result->name = reinterpret_cast<const uint8_t *>(name.begin());
        result->name_length = name.size();
        result->data = reinterpret_cast<const uint8_t *>(data.begin());
        result->data_length = data.size();
        return CCapnpStatusOK;
    } catch (const kj::Exception &exception) {
        fail(error, error_capacity, exception.getDescription().cStr());
        return CCapnpStatusMalformed;
    } catch (const std::bad_alloc &) {
        fail(error, error_capacity, "out of memory");
        return CCapnpStatusOutOfMemory;
    } catch (...) {
        fail(error, error_capacity, "unknown failure of libcapnp");
        return CCapnpStatusMalformed;
    }
}

extern "C" size_t ccapnp_write_inbound_metrics(const uint8_t *name, size_t name_length, const uint8_t *data,
                                               size_t data_length, uint8_t *buffer, size_t capacity) {
    try {
        // 3 words of root and pointers, and a NUL and padding for each text.
        capnp::MallocMessageBuilder message(static_cast<unsigned>((name_length + data_length) / 8 + 8));
        auto pointers = message.getRoot<capnp::AnyPointer>().initAsAnyStruct(0, 2).getPointerSection();
        auto nameText = pointers[0].initAs<capnp::Text>(static_cast<unsigned>(name_length));
        if (name_length > 0) std::memcpy(nameText.begin(), name, name_length);
        auto dataText = pointers[1].initAs<capnp::Text>(static_cast<unsigned>(data_length));
        if (data_length > 0) std::memcpy(dataText.begin(), data, data_length);
        auto words = capnp::messageToFlatArray(message);
        auto bytes = words.asBytes();
        if (bytes.size() > capacity) return 0;
        std::memcpy(buffer, bytes.begin(), bytes.size());
        return bytes.size();
    } catch (...) {
        return 0;
    }
}
