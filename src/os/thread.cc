#include "os/thread.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include "os/fault.h"

namespace akit::os {

constinit std::atomic<std::uint32_t> fork_gate{0};
constinit std::atomic<bool> sections_fence{true};
constinit std::atomic<std::uint32_t> thread_count{0};

namespace {

// Records are few and small; they come from pages of their own and are reused, never unmapped,
// because the forking thread walks their list.
constinit Lock list_lock;
constinit Thread* all = nullptr;
constinit Thread* spare = nullptr;
constinit std::atomic<int> key_state{0};  // 0 none, 1 being made, 2 ready, -1 refused
pthread_key_t key;
constinit std::atomic<void (*)(Thread*)> exit_hook{nullptr};

void at_thread_exit(void* arg) {
  auto* t = static_cast<Thread*>(arg);
  t->exiting = true;
  if (auto hook = exit_hook.load(std::memory_order_acquire)) hook(t);
  Guard g(list_lock);
  (t->prev ? t->prev->next : all) = t->next;
  if (t->next) t->next->prev = t->prev;
  t->next = spare;
  t->prev = nullptr;
  t->pointer = 0;
  t->exiting = false;
  spare = t;
  thread_count.fetch_sub(1, std::memory_order_relaxed);
}

bool key_ready() {
  int s = key_state.load(std::memory_order_acquire);
  if (AKIT_LIKELY(s == 2)) return true;
  if (s == 0 && key_state.compare_exchange_strong(s, 1)) {
    int rc = fault::hit(fault::kThread) ? EAGAIN : pthread_key_create(&key, at_thread_exit);
    // Without a key a thread's caches stay until they are stolen or the handle goes.
    key_state.store(rc == 0 ? 2 : -1, std::memory_order_release);
    return rc == 0;
  }
  while ((s = key_state.load(std::memory_order_acquire)) == 1) {
  }
  return s == 2;
}

Thread* find_by_pointer(std::uintptr_t tp) {
  Guard g(list_lock);
  for (Thread* t = all; t; t = t->next)
    if (t->pointer == tp) return t;
  return nullptr;
}

Thread* make(std::uintptr_t tp) {
  Guard g(list_lock);
  if (!spare) {
    void* page;
    std::size_t n = align_up(4096, page_size());
    if (map(nullptr, n, 0, &page) != 0) return nullptr;
    auto* t = static_cast<Thread*>(page);
    for (std::size_t i = 0; i < n / sizeof(Thread); ++i) {
      t[i].next = spare;
      spare = &t[i];
    }
  }
  Thread* t = spare;
  spare = t->next;
  t->pointer = tp;
  t->caches = nullptr;
  t->dropped = nullptr;
  for (void**& w : t->words) w = nullptr;
  t->exiting = false;
  t->depth.store(0, std::memory_order_relaxed);
  t->prev = nullptr;
  t->next = all;
  if (all) all->prev = t;
  all = t;
  thread_count.fetch_add(1, std::memory_order_relaxed);
  return t;
}

}  // namespace

Thread* current_or_null() {
  if (key_state.load(std::memory_order_acquire) != 2) return nullptr;
  return static_cast<Thread*>(pthread_getspecific(key));
}

Thread* current() {
  bool keyed = key_ready();
  if (keyed)
    if (void* t = pthread_getspecific(key)) return static_cast<Thread*>(t);
  // Rare: a new thread, one without a key, or a call from inside pthread_setspecific below, which
  // on glibc may call a calloc that is routed into us. The thread pointer finds the record then.
  std::uintptr_t tp = thread_pointer();
  if (Thread* t = find_by_pointer(tp)) return t;
  Thread* t = make(tp);
  if (t && keyed) {
    int saved = errno;
    pthread_setspecific(key, t);
    errno = saved;
  }
  return t;
}

bool exits_are_seen() { return key_state.load(std::memory_order_acquire) == 2; }

bool prepare_membarrier() {
  if (!membarrier_available()) return false;
  if (sections_fence.load(std::memory_order_relaxed)) {
    // Sections that began without the fence are all over once every thread passed this barrier.
    sections_fence.store(false, std::memory_order_seq_cst);
    membarrier();
  }
  return true;
}

void set_thread_exit_hook(void (*hook)(Thread*)) { exit_hook.store(hook, std::memory_order_release); }

AKIT_MISS void wait_at_gate(Thread* t) {
  while (fork_gate.load(std::memory_order_acquire) != 0) {
    t->depth.store(0, std::memory_order_seq_cst);
    futex_wait(&fork_gate, 1, 1000000);
    t->depth.store(1, std::memory_order_seq_cst);
  }
}

int start_thread(void* (*fn)(void*), void* arg, unsigned long* id) {
  if (int rc = fault::hit(fault::kThread)) return rc;
  sigset_t every, before;
  sigfillset(&every);
  pthread_sigmask(SIG_SETMASK, &every, &before);
  pthread_t t;
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  pthread_attr_setstacksize(&attr, 256 * 1024);
  int rc = pthread_create(&t, &attr, fn, arg);
  if (rc == EINVAL) rc = pthread_create(&t, nullptr, fn, arg);  // static TLS of the program needs more
  pthread_attr_destroy(&attr);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (rc != 0) return -rc;
  *id = static_cast<unsigned long>(t);
  return 0;
}

void yield() { sched_yield(); }

void join_thread(unsigned long id) { pthread_join(static_cast<pthread_t>(id), nullptr); }

// fork.cc needs the list while no other thread can change it.
void for_each_thread_locked(void (*fn)(Thread*, void*), void* arg) {
  Guard g(list_lock);
  for (Thread* t = all; t;) {
    Thread* next = t->next;
    fn(t, arg);
    t = next;
  }
}

// In the child of a fork: only the calling thread exists.
void forget_other_threads(Thread* self) {
  list_lock.reset();
  for (Thread* t = all; t;) {
    Thread* next = t->next;
    if (t != self) {
      t->next = spare;
      t->prev = nullptr;
      t->caches = nullptr;
      t->pointer = 0;
      spare = t;
    }
    t = next;
  }
  all = self;
  if (self) self->next = self->prev = nullptr;
  thread_count.store(self ? 1 : 0, std::memory_order_relaxed);
}

// A static copy inside a plugin may be unloaded while threads live: the key must not fire later.
__attribute__((destructor)) static void delete_key() {
  if (key_state.exchange(-1) == 2) pthread_key_delete(key);
}

}  // namespace akit::os
