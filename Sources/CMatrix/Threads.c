// A fixed set of threads that run the pieces of one loop after another. Between loops they watch
// for the next one for a while before they sleep: waking a thread takes longer than most loops.
#include "Kernels.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

enum {
  // A fifth of a millisecond or so.
  GLANCES_BEFORE_SLEEP = 20000,
  GLANCES_BEFORE_YIELD = 4000,
};

struct CMatrixThreads {
  /// Bit 0: the loop is open for helpers; bits 1 to 15: helpers that have joined; the rest: its
  /// number.
  _Atomic uint64_t state;
  _Atomic int left, sleeping;
  _Atomic ptrdiff_t next;
  _Atomic bool in_use, stopping;
  ptrdiff_t count;
  int most_helpers;
  void (*body)(void *, ptrdiff_t);
  void *context;
  KernelChoice choice;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  int helper_count;
  pthread_t helpers[];
};

enum { OPEN = 1, JOINED = 2, JOINED_MASK = 0xfffe, NUMBER = 0x10000 };

static void pause_a_little(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void run_pieces(CMatrixThreads *threads) {
  for (;;) {
    const ptrdiff_t index = atomic_fetch_add_explicit(&threads->next, 1, memory_order_relaxed);
    if (index >= threads->count) return;
    threads->body(threads->context, index);
  }
}

/// Whether a loop is open that a helper has not seen, and does it its part.
static bool help(CMatrixThreads *threads, uint64_t *seen) {
  uint64_t state = atomic_load_explicit(&threads->state, memory_order_acquire);
  for (;;) {
    if (!(state & OPEN) || state / NUMBER == *seen) return false;
    if ((int)((state & JOINED_MASK) / JOINED) >= threads->most_helpers) {
      *seen = state / NUMBER;
      return false;
    }
    if (atomic_compare_exchange_weak_explicit(
            &threads->state, &state, state + JOINED, memory_order_acq_rel, memory_order_acquire))
      break;
  }
  *seen = state / NUMBER;
  cmatrix_choice = threads->choice;
  run_pieces(threads);
  atomic_fetch_add_explicit(&threads->left, 1, memory_order_release);
  return true;
}

static void *helper(void *argument) {
  CMatrixThreads *threads = argument;
  uint64_t seen = 0;
  int glances = 0;
  while (!atomic_load_explicit(&threads->stopping, memory_order_relaxed)) {
    if (help(threads, &seen)) {
      glances = 0;
    } else if (++glances < GLANCES_BEFORE_SLEEP) {
      pause_a_little();
    } else {
      pthread_mutex_lock(&threads->mutex);
      atomic_fetch_add(&threads->sleeping, 1);
      for (;;) {
        const uint64_t state = atomic_load(&threads->state);
        if (((state & OPEN) && state / NUMBER != seen) || atomic_load(&threads->stopping)) break;
        pthread_cond_wait(&threads->changed, &threads->mutex);
      }
      atomic_fetch_sub(&threads->sleeping, 1);
      pthread_mutex_unlock(&threads->mutex);
      glances = 0;
    }
  }
  return NULL;
}

static void wake(CMatrixThreads *threads) {
  pthread_mutex_lock(&threads->mutex);
  pthread_cond_broadcast(&threads->changed);
  pthread_mutex_unlock(&threads->mutex);
}

CMatrixThreads *cmatrix_threads_create(int helper_count) {
  CMatrixThreads *threads =
      calloc(1, sizeof *threads + (size_t)helper_count * sizeof threads->helpers[0]);
  if (!threads) return NULL;
  pthread_mutex_init(&threads->mutex, NULL);
  pthread_cond_init(&threads->changed, NULL);
  // Signals are for the program's own threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  while (threads->helper_count < helper_count &&
         pthread_create(&threads->helpers[threads->helper_count], NULL, helper, threads) == 0)
    threads->helper_count++;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return threads;
}

void cmatrix_threads_destroy(CMatrixThreads *threads) {
  atomic_store(&threads->stopping, true);
  wake(threads);
  for (int i = 0; i < threads->helper_count; i++) pthread_join(threads->helpers[i], NULL);
  pthread_cond_destroy(&threads->changed);
  pthread_mutex_destroy(&threads->mutex);
  free(threads);
}

void cmatrix_threads_run(
    CMatrixThreads *threads, ptrdiff_t count, void (*body)(void *, ptrdiff_t), void *context) {
  if (count <= 1 || atomic_exchange_explicit(&threads->in_use, true, memory_order_acquire)) {
    // Alone: a loop within a loop, or one of another program on the same threads.
    for (ptrdiff_t i = 0; i < count; i++) body(context, i);
    return;
  }
  threads->body = body;
  threads->context = context;
  threads->choice = cmatrix_choice;
  threads->count = count;
  threads->most_helpers = count - 1 < threads->helper_count ? (int)count - 1
                                                             : threads->helper_count;
  atomic_store_explicit(&threads->next, 0, memory_order_relaxed);
  atomic_store_explicit(&threads->left, 0, memory_order_relaxed);
  const uint64_t number = atomic_load(&threads->state) / NUMBER + 1;
  atomic_store(&threads->state, number * NUMBER + OPEN);
  if (atomic_load(&threads->sleeping) > 0) wake(threads);
  run_pieces(threads);
  // Helpers that come too late find the loop closed; those that joined finish their pieces.
  const uint64_t closed = atomic_fetch_sub(&threads->state, OPEN);
  const int joined = (int)((closed & JOINED_MASK) / JOINED);
  for (int glances = 1;
       atomic_load_explicit(&threads->left, memory_order_acquire) < joined; glances++) {
    if (glances % GLANCES_BEFORE_YIELD == 0) sched_yield();
    else pause_a_little();
  }
  atomic_store_explicit(&threads->in_use, false, memory_order_release);
}
