/* view.h - rows as the JSON of wire.yaml: one writer a shape, for answers and push frames alike. */
#ifndef ACTS_VIEW_H
#define ACTS_VIEW_H

#include "base/buf.h"
#include "chat/chat_rows.h"
#include "guard/permission.h"
#include "label/label_rows.h"
#include "track/track_rows.h"

/* Four characters people can say, from the visitor id: "7C41"; empty for an erased visitor. */
void visitor_code(int64_t visitor, char out[8]);

struct conversation_view {
    const struct conversation *c;
    str visitor_name; /* "" unknown; masked here */
    str last_text;    /* masked here */
    const struct mark *marks;
    size_t mark_count;
    int64_t contacts;
    bool online;
};
void view_conversation(struct json_out *j, const char *name, const struct conversation_view *v);
/* The same members without the braces, for a frame that carries them beside "t". */
void view_conversation_members(struct json_out *j, const struct conversation_view *v);
/* mask: contacts inside the text are hidden. agent_name: "" for visitors. */
void view_message(struct json_out *j, const char *name, const struct message *m, str agent_name,
                  bool mask);
void view_message_members(struct json_out *j, const struct message *m, str agent_name, bool mask);
/* chat_agent; null when id is 0. */
void view_agent(struct json_out *j, const char *name, int64_t id, str agent_name, enum role role);
void view_source(struct json_out *j, const char *name, const struct visit *v);
void view_device(struct json_out *j, const char *name, const struct visit *v);
void view_visit(struct json_out *j, const char *name, const struct visit_trail *t);

struct act;
/* Reads what a view needs beside the row: card name, last text, marks, contact count, presence. */
MUST_USE err view_load(struct db *db, struct arena *mem, const struct vault *vault,
                       struct visit_table *visits, const struct conversation *c,
                       struct conversation_view *out);
/* Tell the desk that a conversation changed (gives it a new change_seq and saves that), and, when
 * `message` is not NULL, that one was written. */
MUST_USE err announce(struct act *a, struct conversation *c, const struct message *message);

#endif
