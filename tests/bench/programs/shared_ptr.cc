// A copy of a shared_ptr and its end: libstdc++ counts without atomics as long as libc says there is one thread.
#include <memory>

static std::shared_ptr<int> owner = std::make_shared<int>(1);

extern "C" void call_shared_ptr(void)
{
    std::shared_ptr<int> copy = owner;
    __asm__ volatile("" : : "r"(copy.get()) : "memory");
}
