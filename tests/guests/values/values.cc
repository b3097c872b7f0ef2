// Values of C++ and of its library. As in values.c, each function calls `mark` and then prints.
#include "show.h"

#include <array>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <variant>
#include <vector>

__attribute__((noinline)) static int any(int number) {
    static volatile int hidden;
    hidden = number;
    return hidden;
}

namespace shapes {

enum class Color : unsigned char { red, green = 7 };

struct Point {
    int x, y;
    static int made;
};

int Point::made = 3;

class Shape {
  public:
    explicit Shape(int id) : id(id) {}
    virtual ~Shape() = default;
    virtual int area() const = 0;
    int id;
};

class Square : public Shape {
  public:
    Square(int id, int side) : Shape(id), side(side) {}
    int area() const override;
    int side;
};

int Square::area() const { return side * side; }

struct Base {
    int base;
    virtual ~Base() = default;
};
struct Left : virtual Base {
    int left;
};
struct Right : virtual Base {
    int right;
};
struct Both : Left, Right {
    int both;
};

template <typename T, int N> struct Buffer {
    T items[N];
    int used;
};

} // namespace shapes

using namespace shapes;

__attribute__((noinline)) static void classes(Square &square, Shape *shape, const Color color) {
    Both both;
    both.base = any(1);
    both.left = any(2);
    both.right = any(3);
    both.both = any(4);
    Buffer<short, 3> buffer = {{short(any(5)), 6, 7}, 3};
    int Point::*member = any(1) ? &Point::y : nullptr;
    auto lambda = [number = any(21), &buffer] { return number + buffer.used; };
    mark();
    SHOW_I(square.id);
    SHOW_I(square.side);
    SHOW_I(shape->id);
    SHOW_AS(color, "Color::green");
    SHOW_I(both.base);
    SHOW_I(both.left);
    SHOW_I(both.right);
    SHOW_I(both.both);
    SHOW_I(buffer.items[0]);
    SHOW_I(buffer.used);
    SHOW_AS(member, "offset 4");
    SHOW_AS(lambda.number, "21");
    if (lambda() != 24 || shape->area() != 16 || color != Color::green || member != &Point::y ||
        Point::made != 3)
        __builtin_trap();
}

__attribute__((noinline)) static void strings() {
    std::string empty;
    std::string small = "short";
    std::string large = "a string that is too long for its own place";
    std::string_view view = std::string_view(large).substr(2, 6);
    std::u16string wide = u"wide";
    if (any(0)) small += large;
    mark();
    SHOW(empty, show_string, empty.data(), empty.size());
    SHOW(small, show_string, small.data(), small.size());
    SHOW(large, show_string, large.data(), large.size());
    SHOW(view, show_string, view.data(), view.size());
    SHOW_AS(wide, "\"wide\"");
    if (wide.size() != 4) __builtin_trap();
}

__attribute__((noinline)) static void sequences() {
    std::vector<int> none;
    std::vector<int> numbers = {any(1), 2, 3};
    std::vector<std::string> words = {"alpha", "beta"};
    std::vector<bool> bits = {true, false, any(1) == 1};
    std::array<short, 3> array = {10, short(any(20)), 30};
    std::list<int> list = {any(4), 5};
    mark();
    SHOW_AS(none, "size 0");
    SHOW_AS(numbers, "size 3 {1, 2, 3}");
    SHOW_I(numbers[2]);
    SHOW_AS(words, "size 2 {\"alpha\", \"beta\"}");
    SHOW_AS(bits, "size 3 {true, false, true}");
    SHOW_AS(array, "{10, 20, 30}");
    SHOW_AS(list, "size 2 {4, 5}");
    if (none.size() + numbers[0] + words.size() + bits[0] + array[0] + list.front() != 18)
        __builtin_trap();
}

__attribute__((noinline)) static void maps() {
    std::map<int, std::string> names = {{any(3), "three"}, {1, "one"}, {2, "two"}};
    std::set<int> set = {any(30), 10, 20};
    std::unordered_map<int, int> squares;
    squares[any(4)] = 16;
    std::unordered_set<int> one = {any(8)};
    std::map<int, int> nothing;
    mark();
    SHOW_AS(names, "size 3 {[1] = \"one\", [2] = \"two\", [3] = \"three\"}");
    SHOW_AS(set, "size 3 {10, 20, 30}");
    SHOW_AS(squares, "size 1 {[4] = 16}");
    SHOW_AS(one, "size 1 {8}");
    SHOW_AS(nothing, "size 0");
    if (names.size() + set.size() + squares[4] + one.size() + nothing.size() != 23)
        __builtin_trap();
}

__attribute__((noinline)) static void owners() {
    std::unique_ptr<int> owner(new int(any(5)));
    std::unique_ptr<int> nobody;
    std::shared_ptr<int> shared = std::make_shared<int>(any(6));
    std::shared_ptr<int> also = shared;
    mark();
    SHOW_I(*owner);
    SHOW_AS(nobody, "0x0");
    SHOW_I(*shared);
    SHOW_I(*also);
    if (nobody) __builtin_trap();
}

__attribute__((noinline)) static void choices() {
    std::optional<int> some = any(9);
    std::optional<int> none;
    std::variant<int, std::string> text = std::string("text");
    std::variant<int, std::string> number = any(11);
    std::pair<int, char> pair = {any(1), 'p'};
    std::tuple<int, short, bool> tuple = {any(1), short(2), true};
    mark();
    SHOW_AS(some, "9");
    SHOW_AS(none, "nullopt");
    SHOW_AS(text, "[1] \"text\"");
    SHOW_AS(number, "[0] 11");
    SHOW_I(pair.first);
    SHOW(pair.second, show_character, pair.second);
    SHOW_AS(tuple, "{1, 2, true}");
    if (!some || none || text.index() != 1 || number.index() != 0 || std::get<1>(tuple) != 2)
        __builtin_trap();
}

int main() {
    Square square(any(1), any(3));
    Square other(any(2), any(4));
    classes(square, &other, Color(any(7)));
    strings();
    sequences();
    maps();
    owners();
    choices();
    return 0;
}
