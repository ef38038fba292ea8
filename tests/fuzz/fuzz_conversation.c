/* Bytes as a sequence of events, six a piece: kind, agent and rank, consent, number, time. */
#include "chat/conversation.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct conversation *b, const struct conversation *c,
                  const struct event *ev, const struct effects *fx, int64_t system)
{
    assert(c->last_number == b->last_number + (fx->message ? 1 : 0));
    assert(c->last_number == c->visitor_count + c->agent_count + system);
    assert(b->state != CONVERSATION_CLOSED || c->state == CONVERSATION_CLOSED);
    assert(!b->agent_id || c->agent_id == b->agent_id || ev->supervises);
    assert((c->state == CONVERSATION_CLOSED) == (c->closed_at > 0));
    assert(c->state != CONVERSATION_ACTIVE || c->agent_id);
    assert(c->state != CONVERSATION_WAITING || c->unanswered_since);
    assert(c->state != CONVERSATION_CLOSED || !c->unanswered_since);
    assert(c->last_at >= b->last_at);
    assert(c->visitor_read <= c->last_number && c->agent_read <= c->last_number);
    assert(c->visitor_read >= b->visitor_read && c->agent_read >= b->agent_read);
    assert(c->state != CONVERSATION_CLOSED || !c->last_number || c->consent == CONSENT_GRANTED ||
           c->bodies_erased_at);
    assert(fx->erase_bodies == (!b->bodies_erased_at && c->bodies_erased_at));
    assert(fx->left_queue ==
           (b->state == CONVERSATION_WAITING && c->state != CONVERSATION_WAITING));
    assert(fx->changed || memcmp(b, c, sizeof *c) == 0);
    assert(conversation_counts(c) || !c->last_number || system == c->last_number);
    assert(conversation_first_response(c) >= -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct conversation c;
    memset(&c, 0, sizeof c); /* the padding too: states are compared bytewise */
    c.id = 1;
    c.opened_at = 1;
    int64_t system = 0;
    for (; size >= 6; data += 6, size -= 6) {
        const struct event ev = {.kind = (enum event_kind)(data[0] % (EVENT_AGENT_READ + 1)),
                                 .agent = 1 + data[1] % 3,
                                 .supervises = data[1] >= 224,
                                 .consent = (enum consent)(data[2] % 4),
                                 .number = (int8_t)data[3],
                                 .now = 1 + data[4] * 256 + data[5]};
        struct conversation before;
        struct effects fx;
        memcpy(&before, &c, sizeof c);
        err e = conversation_apply(&c, &ev, &fx);
        if (e.code) {
            assert(memcmp(&before, &c, sizeof c) == 0);
            continue;
        }
        system += ev.kind == EVENT_SYSTEM_WRITES;
        check(&before, &c, &ev, &fx, system);
    }
    return 0;
}
