#include "db/store_parts.h"

void queue_init(struct queue_of_jobs *q, size_t limit)
{
    *q = (struct queue_of_jobs){.limit = limit};
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->more, NULL);
}

void queue_release(struct queue_of_jobs *q)
{
    pthread_cond_destroy(&q->more);
    pthread_mutex_destroy(&q->lock);
}

bool queue_put(struct queue_of_jobs *q, struct job *job)
{
    pthread_mutex_lock(&q->lock);
    bool taken = !q->closed && q->count < q->limit;
    if (taken) {
        job->next = NULL;
        if (q->first)
            q->last->next = job;
        else
            q->first = job;
        q->last = job;
        q->count++;
        if (q->counted)
            count_add(q->gauge, 1);
        pthread_cond_signal(&q->more);
    }
    pthread_mutex_unlock(&q->lock);
    return taken;
}

struct job *queue_take(struct queue_of_jobs *q, size_t max)
{
    pthread_mutex_lock(&q->lock);
    while (!q->first && !q->closed)
        pthread_cond_wait(&q->more, &q->lock);
    struct job *first = q->first, *last = NULL;
    size_t n = 0;
    while (n < max && q->first) {
        last = q->first;
        q->first = last->next;
        n++;
    }
    if (last)
        last->next = NULL;
    q->count -= n;
    if (q->counted)
        count_add(q->gauge, -(int64_t)n);
    pthread_mutex_unlock(&q->lock);
    return first;
}

void queue_close(struct queue_of_jobs *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->more);
    pthread_mutex_unlock(&q->lock);
}
