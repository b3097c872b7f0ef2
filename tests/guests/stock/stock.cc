// Prints the unit prices of a shop's stock, and divides by zero at the thing it has none of.

#include "ledger.h"

#include <cstdio>
#include <memory>

namespace {

class Visitor {
public:
    virtual ~Visitor() = default;
    virtual void visit(const stock::Ledger<int> &ledger) = 0;
};

class Printer : public Visitor {
public:
    void visit(const stock::Ledger<int> &ledger) override {
        stock::Money price = ledger.unit_price();
        std::printf("%s: %d.%02d each\n", ledger.name().c_str(), int(price.cents / 100),
                    int(price.cents % 100));
        std::fflush(stdout);
    }
};

[[gnu::noinline]] void visit_all(const std::vector<stock::Ledger<int>> &ledgers,
                                 Visitor &visitor) {
    for (const auto &ledger : ledgers) visitor.visit(ledger);
}

}  // namespace

int main() {
    std::vector<stock::Ledger<int>> ledgers;
    ledgers.emplace_back("apples");
    ledgers.back().add(120, {4800});
    ledgers.back().add(80, {3600});
    ledgers.emplace_back("pears");
    ledgers.back().add(10, {900});
    ledgers.back().add(-10, {-900});
    std::unique_ptr<Visitor> visitor = std::make_unique<Printer>();
    visit_all(ledgers, *visitor);
    return 0;
}
