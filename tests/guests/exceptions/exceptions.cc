// A program whose parts fail by exceptions, in each way that the language has.
//
//   exceptions            all of them are caught; prints what was caught, and who cleaned up
//   exceptions uncaught   one is not
//   exceptions noexcept   one meets a function that promised not to throw

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// Says when it goes.
struct Guard {
  const char *name;
  explicit Guard(const char *name) : name(name) {}
  ~Guard() {
    std::printf("  %s is left%s\n", name, std::uncaught_exceptions() ? " by an exception" : "");
  }
};

struct OutOfStock : std::runtime_error {
  int missing;
  explicit OutOfStock(int missing)
      : std::runtime_error("out of stock: " + std::to_string(missing) + " missing"),
        missing(missing) {}
};

// Virtual functions are called through the table.
struct Shelf {
  virtual ~Shelf() = default;
  virtual int take(int count) = 0;
};

struct Full : Shelf {
  int take(int count) override { return count; }
};

struct Limited : Shelf {
  int left;
  explicit Limited(int left) : left(left) {}
  int take(int count) override {
    Guard guard("Limited::take");
    if (count > left) throw OutOfStock(count - left);
    left -= count;
    return count;
  }
};

int order(const std::vector<std::unique_ptr<Shelf>> &shelves, int count) {
  Guard guard("order");
  int taken = 0;
  for (const auto &shelf : shelves) taken += shelf->take(count);
  return taken;
}

void typed_and_inherited() {
  std::puts("typed and inherited:");
  std::vector<std::unique_ptr<Shelf>> shelves;
  shelves.push_back(std::make_unique<Full>());
  shelves.push_back(std::make_unique<Limited>(5));
  for (int count : {3, 4}) {
    try {
      std::printf("  %d taken\n", order(shelves, count));
    } catch (const std::logic_error &) {
      std::puts("  not this one");
    } catch (const std::runtime_error &error) {
      const auto *missing = dynamic_cast<const OutOfStock *>(&error);
      std::printf("  %s (%d)\n", error.what(), missing ? missing->missing : -1);
    }
  }
}

void rethrow(int depth) {
  Guard guard(depth ? "outer" : "inner");
  try {
    if (depth == 0) throw depth + 7;
    rethrow(depth - 1);
  } catch (int number) {
    std::printf("  seen %d at %d\n", number, depth);
    throw;
  }
}

void values_and_rethrown() {
  std::puts("values, rethrown:");
  try {
    rethrow(1);
  } catch (long) {
    std::puts("  not this one");
  } catch (int number) {
    std::printf("  %d\n", number);
  }
  try {
    throw "text";
  } catch (const char *text) {
    std::printf("  %s\n", text);
  }
  try {
    throw std::string(1000, 'x');
  } catch (...) {
    std::puts("  anything");
  }
}

struct Member {
  Member() { throw std::invalid_argument("member"); }
};

struct Whole {
  Guard guard;
  Member member;
  Whole() try : guard("Whole::guard") {
  } catch (const std::invalid_argument &error) {
    throw std::runtime_error(std::string("whole of a bad ") + error.what());
  }
};

void in_constructors() {
  std::puts("in constructors:");
  try {
    Whole whole;
  } catch (const std::exception &error) {
    std::printf("  %s\n", error.what());
  }
}

void kept_for_later() {
  std::puts("kept for later:");
  std::exception_ptr kept;
  try {
    std::printf("  %d\n", std::vector<int>().at(3));
  } catch (...) {
    kept = std::current_exception();
  }
  try {
    std::rethrow_exception(kept);
  } catch (const std::out_of_range &) {
    std::puts("  out of range");
  }
}

void through_library_code() {
  std::puts("through library code:");
  std::vector<int> numbers{5, 3, 9, 1};
  int compared = 0;
  std::function<bool(int, int)> less = [&](int a, int b) {
    if (++compared == 4) throw compared;
    return a < b;
  };
  try {
    std::sort(numbers.begin(), numbers.end(), less);
  } catch (int count) {
    std::printf("  %d comparisons were enough\n", count);
  }
}

struct InDestructor {
  ~InDestructor() {
    try {
      throw 1;
    } catch (int) {
      std::puts("  caught while another is on its way");
    }
  }
};

void while_unwinding() {
  std::puts("while unwinding:");
  try {
    InDestructor object;
    throw 2.5;
  } catch (double number) {
    std::printf("  %.1f\n", number);
  }
}

__attribute__((noinline)) int deep(int depth) {
  if (depth == 0) throw depth;
  return deep(depth - 1) + 1;
}

// Cleans up in each of its frames.
__attribute__((noinline)) int deep_with_cleanup(int depth) {
  std::string name(depth % 40, 'n');
  if (depth == 0) throw name;
  return deep_with_cleanup(depth - 1) + static_cast<int>(name.size());
}

void deep_and_often() {
  std::puts("deep and often:");
  int caught = 0;
  try {
    deep(5000);
  } catch (int) {
    ++caught;
  }
  try {
    deep_with_cleanup(2000);
  } catch (const std::string &) {
    ++caught;
  }
  long sum = 0;
  for (int i = 0; i < 20000; ++i) {
    try {
      if (i % 2) throw i;
      throw static_cast<long>(i);
    } catch (int number) {
      sum += number;
    } catch (long number) {
      sum -= number;
    }
  }
  std::printf("  %d, %ld\n", caught, sum);
}

void promised() noexcept { deep(3); }

}  // namespace

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (std::strcmp(what, "uncaught") == 0) {
    Guard guard("main");
    throw OutOfStock(12);
  }
  if (std::strcmp(what, "noexcept") == 0) promised();
  typed_and_inherited();
  values_and_rethrown();
  in_constructors();
  kept_for_later();
  through_library_code();
  while_unwinding();
  deep_and_often();
  return 0;
}
