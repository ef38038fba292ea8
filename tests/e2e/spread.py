"""spread.py MAIN.DB TRAIL.DB OFFSET_H NOW_MS - gives a day that was made in a minute the hours it would have taken.

Only for pictures: ended conversations move over yesterday and today, open ones into the last
minutes, each with its words, marks and pages, so that all times go on fitting each other."""
import random
import sqlite3
import sys

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
# How busy the hours of the clinic's day are.
WEIGHT = {8: 5, 9: 9, 10: 10, 11: 7, 12: 3, 13: 4, 14: 7, 15: 8, 16: 7, 17: 5, 18: 3, 19: 5, 20: 6, 21: 4}


def main():
    main_db, trail_db, offset, now = sqlite3.connect(sys.argv[1]), sqlite3.connect(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    random.seed(7)
    main_db.row_factory = sqlite3.Row
    midnight = (now + offset * HOUR) // DAY * DAY - offset * HOUR

    def moment(today):
        while True:
            hour = random.choices(list(WEIGHT), list(WEIGHT.values()))[0]
            at = midnight + hour * HOUR + random.randrange(HOUR) - (0 if today else DAY)
            if at < now - 12 * MINUTE:
                return at

    rows = main_db.execute("SELECT * FROM conversation ORDER BY id").fetchall()
    for i, c in enumerate(rows):
        closed = c["state"] == "closed"
        numbers = main_db.execute("SELECT number, sender FROM message WHERE conversation_id = ? ORDER BY number", (c["id"],)).fetchall()
        gaps = [random.randrange(4_000, 26_000) if n["sender"] == "agent" else random.randrange(15_000, 70_000) for n in numbers]
        if closed:
            start = moment(random.random() < 0.55)
        elif c["state"] == "waiting":
            start = now - [95_000, 42_000, 21_000, 9_000][i % 4]
        else:
            start = now - sum(gaps) - [16_000, 48_000, 75_000][i % 3]
        at, times, agents = start, [], []
        for n, gap in zip(numbers, gaps):
            at = at + gap if times else start
            times.append(at)
            agents.append(n["sender"] == "agent")
            main_db.execute("UPDATE message SET at = ? WHERE conversation_id = ? AND number = ?", (at, c["id"], n["number"]))
        if not times:
            continue
        first_agent = next((t for t, a in zip(times, agents) if a), 0)
        after = [t for k, t in enumerate(times) if not agents[k] and not any(agents[k + 1:])]
        shown = {"opened_at": start - 9_000, "started_at": start, "first_visitor_at": start, "consent_at": start - 2_000, "last_at": times[-1]}
        if c["taken_at"]:
            shown["taken_at"] = first_agent - 3_000 if first_agent else start + 8_000
        if c["first_agent_at"]:
            shown["first_agent_at"] = first_agent
        if c["unanswered_since"]:
            shown["unanswered_since"] = after[0] if after else times[-1]
        if closed:
            shown["closed_at"] = times[-1] + 90_000
        sets = ", ".join(f"{name} = {int(value)}" for name, value in shown.items())
        main_db.execute(f"UPDATE conversation SET {sets} WHERE id = ?", (c["id"],))
        main_db.execute("UPDATE mark SET at = ? WHERE conversation_id = ?", (times[-1], c["id"]))
        main_db.execute("UPDATE contact SET at = ? WHERE conversation_id = ?", (times[-1], c["id"]))
        pages = trail_db.execute("SELECT n FROM page_view WHERE visit_id = ? ORDER BY n DESC", (c["visit_id"],)).fetchall()
        at = start - 20_000
        for (n,) in pages:
            trail_db.execute("UPDATE page_view SET at = ? WHERE visit_id = ? AND n = ?", (at, c["visit_id"], n))
            before = at - random.randrange(20_000, 150_000)
            trail_db.execute("UPDATE dwell SET ms = ? WHERE visit_id = ? AND n = ?", (at - before, c["visit_id"], n - 1))
            at = before
        trail_db.execute("UPDATE visit SET began_at = ? WHERE id = ?", (at, c["visit_id"]))
    main_db.commit()
    trail_db.commit()


main()
