// What a shop has in stock, kept by kind of thing.

#ifndef LEDGER_H
#define LEDGER_H

#include <cstdint>
#include <string>
#include <vector>

namespace stock {

struct Money {
    std::int64_t cents;
    Money operator/(std::int64_t parts) const { return Money{cents / parts}; }
};

template <typename Unit>
class Ledger {
public:
    explicit Ledger(std::string name) : name_(std::move(name)) {}

    void add(Unit units, Money paid) { entries_.push_back(Entry{units, paid}); }

    // What one unit has cost on average.
    Money unit_price() const;

    const std::string &name() const { return name_; }

private:
    struct Entry {
        Unit units;
        Money paid;
    };

    template <typename Value, typename Read>
    Value total(Read read) const {
        Value sum = 0;
        for (const Entry &entry : entries_) sum += read(entry);
        return sum;
    }

    std::string name_;
    std::vector<Entry> entries_;
};

template <typename Unit>
[[gnu::noinline]] Money Ledger<Unit>::unit_price() const {
    auto paid = total<std::int64_t>([](const Entry &entry) { return entry.paid.cents; });
    auto units = total<std::int64_t>([](const Entry &entry) { return entry.units; });
    return Money{paid} / units;
}

}  // namespace stock

#endif
