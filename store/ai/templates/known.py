"""The templates that compatible clients offer too, under the same ids, in words of our own.

Several need modules that are not here yet: what is missing is named, and the rest is applied.
"""

from __future__ import annotations

from store.ai.templates.shape import (
    AgentPart,
    Card,
    MissionPart,
    ScenePart,
    Seed,
    Template,
    Words,
)
from store.words import N_

RESEARCH = Template(
    "research",
    1,
    N_("Research agent"),
    N_("Reads sources, keeps notes, ends with a short report."),
    N_(
        "Give it a question and sources. Every source becomes a note of its own, and the report "
        "at the end rests on nothing else."
    ),
    "ai",
    "🔍",
    "#0EA5E9",
    agent=AgentPart(
        N_("Research agent"),
        "🔍",
        N_("Works through sources and writes down what they say."),
        N_(
            "You research a question. Make one note of each source you have truly read: begin its "
            "title with the name of the source, give three to seven points and the sentences worth "
            "quoting. Never cite what you have not read, and never invent an address. Close with a "
            "report of three to five theses, each naming the notes it rests on. Write plainly, in "
            "the language of the question."
        ),
        memory=N_("What good sources are for me:\n\nWhat I already know:\n\nHow long a report is:"),
        modules={"notes": "propose"},
        default="propose",
    ),
    scene=ScenePart(
        N_("Research"),
        (
            Card("notes", 540),
            Card("ai-missions", 440),
            Card("ai-agents", 440),
            Card("news-research", 540),
        ),
    ),
    missions=(
        MissionPart(
            "sources",
            N_("Research a question"),
            N_("Write your question here, then resume the mission and run it."),
            N_("Link the notes that it should begin with."),
        ),
    ),
)

CONTEXT = Template(
    "context",
    2,
    N_("Context agent"),
    N_("Helps you say who you are and what you work on."),
    N_(
        "Once a week it reads your profile and newest notes, asks two or three questions at most "
        "and suggests additions. It never replaces what you wrote."
    ),
    "ai",
    "🧭",
    "#D946EF",
    agent=AgentPart(
        N_("Context agent"),
        "🧭",
        N_("Keeps the picture that agents have of you current."),
        N_(
            "You help the person describe themselves, curious and with respect. Read the profile, "
            "the five newest notes and the goals first. Ask at most three questions in a run. "
            "Suggest additions, never a replacement, written as the person would speak of "
            "themselves. Sections: work and background, current projects, way of working, "
            "interests, what must never be mentioned. A gap may be meant: do not ask about it "
            "twice."
        ),
        modules={"profile": "propose", "notes": "propose", "goals": "auto"},
    ),
    scene=ScenePart(
        N_("Context"), (Card("profile", 720), Card("ai-missions", 440), Card("ai-agents", 440))
    ),
    missions=(
        MissionPart(
            "check",
            N_("Look through the profile"),
            N_("Compare the profile with the newest notes and suggest what is missing in it."),
            "",
            {"kind": "weekly", "dayOfWeek": 0, "atHour": 10},
        ),
    ),
)

TODAY = Template(
    "today",
    1,
    N_("Today agent"),
    N_("A short poem each morning about this date."),
    N_("It finds one event of this date in history and makes a few quiet lines of it, as a note."),
    "delight",
    "🌅",
    "#F97316",
    agent=AgentPart(
        N_("Today agent"),
        "🌅",
        N_("Writes a few lines about the day."),
        N_(
            "Find one event that happened on this date in any year and that you are certain of. "
            "Write four to eight lines of free verse about it, with dignity, in the person's "
            "language. Say nothing about yourself or the task. Save it as one note whose title "
            "begins with the date."
        ),
        modules={"notes": "propose"},
    ),
    scene=ScenePart(
        N_("Today"), (Card("journal", 540), Card("ai-missions", 440), Card("ai-agents", 440))
    ),
    missions=(
        MissionPart(
            "poem",
            N_("A poem for today"),
            N_("Write the poem of the day and propose it as a note."),
            "",
            {"kind": "daily", "atHour": 7, "atMinute": 0},
        ),
    ),
)

CALMNESS = Template(
    "calmness",
    1,
    N_("Calmness"),
    N_("Breath, mood, a few lines, sleep."),
    N_("A quiet scene with two exercises to begin with."),
    "wellness",
    "🧘",
    "#8B5CF6",
    scene=ScenePart(
        N_("Calmness"),
        (Card("meditate", 540), Card("mood", 340), Card("journal", 440), Card("sleep", 340)),
    ),
    seeds=(
        Seed(
            "meditate",
            "template-calmness:preset:4-7-8",
            {
                "name": Words(N_("Breathing 4-7-8")),
                "category": "breathing",
                "breathPattern": {"inhale": 4, "hold": 7, "exhale": 8, "rest": 0},
                "defaultDurationSec": 300,
            },
        ),
        Seed(
            "meditate",
            "template-calmness:preset:bodyscan-10",
            {
                "name": Words(N_("Body scan, 10 minutes")),
                "category": "bodyscan",
                "defaultDurationSec": 600,
                "bodyScanSteps": [
                    Words(part)
                    for part in (
                        *(N_("Feet"), N_("Legs"), N_("Pelvis"), N_("Belly"), N_("Chest")),
                        *(N_("Arms"), N_("Neck"), N_("Head"), N_("Whole body")),
                    )
                ],
            },
        ),
    ),
)

FITNESS = Template(
    "fitness",
    1,
    N_("Fitness"),
    N_("Move every day, train three times a week."),
    N_("A scene for training with three habits and one goal that counts finished workouts."),
    "wellness",
    "🏋️",
    "#EF4444",
    scene=ScenePart(
        N_("Fitness"),
        (Card("body", 540), Card("habits", 440), Card("stretch", 340), Card("sleep", 340)),
    ),
    seeds=(
        Seed(
            "habits",
            "template-fitness:habit:daily-movement",
            {
                "title": Words(N_("30 minutes of movement a day")),
                "icon": "🏃",
                "color": "#EF4444",
                "targetPerDay": 1,
                "defaultDuration": 1800,
            },
        ),
        Seed(
            "habits",
            "template-fitness:habit:weekly-training",
            {
                "title": Words(N_("Training three times a week")),
                "icon": "🏋️",
                "color": "#F97316",
                "defaultDuration": 3600,
            },
        ),
        Seed(
            "habits",
            "template-fitness:habit:hydration",
            {
                "title": Words(N_("Two litres of water a day")),
                "icon": "💧",
                "color": "#0EA5E9",
                "targetPerDay": 8,
            },
        ),
        Seed(
            "goals",
            "template-fitness:goal:weekly-workouts",
            {
                "title": Words(N_("Three workouts a week")),
                "moduleId": "body",
                "metric": {"source": "event_count", "eventType": "WorkoutFinished"},
                "target": {"value": 3, "period": "week", "comparison": "gte"},
            },
        ),
    ),
)

DEEP_WORK = Template(
    "deep-work",
    1,
    N_("Deep work"),
    N_("One thing that matters, and the time for it."),
    N_("A scene for undisturbed work, two habits, and a goal that adds up timed minutes."),
    "work",
    "💻",
    "#1F2937",
    scene=ScenePart(
        N_("Deep work"),
        (Card("todo", 540), Card("calendar", 540), Card("notes", 440), Card("times", 340)),
    ),
    seeds=(
        Seed(
            "habits",
            "template-deepwork:habit:top-task",
            {
                "title": Words(N_("The one task that matters most")),
                "icon": "🎯",
                "color": "#1F2937",
                "targetPerDay": 1,
            },
        ),
        Seed(
            "habits",
            "template-deepwork:habit:deep-work-hours",
            {
                "title": Words(N_("Four hours of deep work a day")),
                "icon": "⏱",
                "color": "#374151",
                "targetPerDay": 4,
                "defaultDuration": 3600,
            },
        ),
        Seed(
            "goals",
            "template-deepwork:goal:weekly-focus",
            {
                "title": Words(N_("20 hours of deep work a week")),
                "moduleId": "times",
                "metric": {
                    "source": "event_sum",
                    "eventType": "TimerStopped",
                    "sumField": "durationMinutes",
                },
                "target": {"value": 1200, "period": "week", "comparison": "gte"},
            },
        ),
    ),
)

EVENT_SCOUT = Template(
    "event-scout",
    1,
    N_("Event scout"),
    N_("Three to five events a week that may be worth your time."),
    N_(
        "It looks through what goes on in your regions and suggests a few events with a reason. "
        "It needs regions and interests to go by, and may do nothing else."
    ),
    "ai",
    "🎪",
    "#8B5CF6",
    agent=AgentPart(
        N_("Event scout"),
        "🎪",
        N_("Picks events that may interest you."),
        N_(
            "Read what goes on nearby. Choose three to five events: those of the next seven days "
            "before those of the next fourteen, close to the person's interests, and not all of "
            "one kind. Suggest each with one sentence that says why. If there is nothing fitting, "
            "say so and suggest nothing."
        ),
        preset="",
        tools={"discover_events": "auto", "suggest_event": "propose"},
        modules={"events": "propose"},
        default="deny",
    ),
    scene=ScenePart(
        N_("Discover events"),
        (Card("events", 540), Card("ai-missions", 440), Card("calendar", 440)),
    ),
    missions=(
        MissionPart(
            "week",
            N_("Events of the week"),
            N_("Suggest three to five events of the coming days."),
            "",
            {"kind": "daily", "atHour": 8, "atMinute": 0},
        ),
    ),
)

KNOWN = (RESEARCH, CONTEXT, TODAY, DEEP_WORK, CALMNESS, FITNESS, EVENT_SCOUT)
"""In the order of the gallery."""
