#include "ctoml.h"

// toml++ 3.3 asserts that a key begins like one before it looks, and so would end the process for a file with `[#a]`.
// Where assertions are off it would take them for true.
#undef NDEBUG
namespace {
struct BrokenAssertion {};
}  // namespace
#define TOML_ASSERT(expression) ((expression) ? static_cast<void>(0) : throw BrokenAssertion())

#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <cstdio>
#include <new>
#include <string_view>
#include <vector>

namespace {

class Walk {
public:
    Walk(CTOMLVisitor visit, void *context) : visit(visit), context(context) {}

    void node(std::string_view key, const toml::node &node) {
        CTOMLItem item = {};
        item.key = key.data();
        item.key_length = key.size();
        item.line = node.source().begin.line;
        if (auto *table = node.as_table()) {
            enclosed(item, CTOMLKindTableBegin, CTOMLKindTableEnd, [&] {
                for (auto &&[name, value] : *table) this->node(name.str(), value);
            });
        } else if (auto *array = node.as_array()) {
            enclosed(item, CTOMLKindArrayBegin, CTOMLKindArrayEnd, [&] {
                for (auto &&value : *array) this->node({}, value);
            });
        } else {
            value(item, node);
        }
    }

private:
    CTOMLVisitor visit;
    void *context;

    template <typename Inside>
    void enclosed(CTOMLItem &item, CTOMLKind begin, CTOMLKind end, Inside inside) {
        item.kind = begin;
        visit(context, &item);
        inside();
        CTOMLItem last = {};
        last.kind = end;
        visit(context, &last);
    }

    void value(CTOMLItem &item, const toml::node &node) {
        if (auto *text = node.as_string()) {
            item.kind = CTOMLKindString;
            item.text = text->get().data();
            item.text_length = text->get().size();
        } else if (auto *integer = node.as_integer()) {
            item.kind = CTOMLKindInteger;
            item.integer = integer->get();
        } else if (auto *number = node.as_floating_point()) {
            item.kind = CTOMLKindDouble;
            item.number = number->get();
        } else if (auto *boolean = node.as_boolean()) {
            item.kind = CTOMLKindBoolean;
            item.boolean = boolean->get();
        } else {
            other(item, node.is_date() ? "date" : node.is_time() ? "time" : "date and time");
        }
        visit(context, &item);
    }

    void other(CTOMLItem &item, std::string_view name) {
        item.kind = CTOMLKindOther;
        item.text = name.data();
        item.text_length = name.size();
    }
};

bool breaksAssertion(std::string_view text) {
    try {
        static_cast<void>(toml::parse(text));
    } catch (const BrokenAssertion &) {
        return true;
    } catch (...) {
    }
    return false;
}

/// The first line with which `text` breaks an assertion: toml++ reads forward, so it does so with all lines behind.
uint32_t brokenLine(std::string_view text) try {
    std::vector<size_t> ends;
    for (size_t offset = 0; offset < text.size(); offset++) {
        if (text[offset] == '\n') ends.push_back(offset + 1);
    }
    auto isWhole = [&](size_t end) { return !breaksAssertion(text.substr(0, end)); };
    return std::partition_point(ends.begin(), ends.end(), isWhole) - ends.begin() + 1;
} catch (...) {
    return 1;
}

void fail(CTOMLProblem &problem, uint32_t line, uint32_t column, std::string_view reason) {
    problem.line = line;
    problem.column = column;
    std::snprintf(problem.reason, sizeof problem.reason, "%.*s", static_cast<int>(reason.size()), reason.data());
}

}  // namespace

extern "C" bool ctoml_read(const char *text, size_t length, CTOMLVisitor visit, void *context,
                           CTOMLProblem *problem) {
    try {
        const toml::table root = toml::parse(std::string_view(text, length));
        Walk(visit, context).node({}, root);
        return true;
    } catch (const toml::parse_error &error) {
        auto place = error.source().begin;
        fail(*problem, place.line, place.column, error.description());
    } catch (const BrokenAssertion &) {
        fail(*problem, brokenLine({text, length}), 1, "this line is not TOML");
    } catch (const std::bad_alloc &) {
        fail(*problem, 1, 1, "out of memory");
    } catch (...) {
        fail(*problem, 1, 1, "unknown failure of toml++");
    }
    return false;
}
