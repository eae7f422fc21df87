"""Every (app, collection) name that compatible servers were ever seen to hold.

All of them are pulled at login and once a week, retired ones too: what an older client left there
belongs to the person as much as the rest. Names that nobody listed are found by
``Rounds.discover``.
"""

from __future__ import annotations

from collections.abc import Iterator

_IN_USE = """
tags: tags tagGroups userTagPresets
mana: workbenchScenes userSettings dashboardConfigs automations
ai: agents aiMissions agentKontextDocs
todo: tasks projects taskLabels reminders boardViews
notes: notes noteTags
contacts: contacts contactTags
timeblocks: timeBlocks timeBlockTags
calendar: calendars events eventTags
habits: habits habitLogs
companion: companionGoals
journal: journalEntries
drink: drinkEntries drinkPresets
profile: userContext meImages
links: links
chat: conversations messages templates conversationTags
picture: images boards boardItems imageTags
storage: files folders fileTags
presi: decks slides presiDeckTags
inventory: collections items locations categories invItemTags
photos: albums albumItems favorites photoTags
skilltree: skills activities achievements skillTags
times: clients projects timeEntries templates settings alarms countdownTimers worldClocks entryTags
questions: collections questions answers questionTags
calc: calculations savedFormulas
guides: guides sections steps collections runs guideTags
dreams: dreams dreamSymbols dreamTags
period: periods periodDayLogs periodSymptoms
events: events eventGuests eventInvitations eventItems
finance: transactions categories budgets
playground: snippets conversations messages
body: bodyExercises bodyRoutines bodyWorkouts bodySets bodyMeasurements bodyChecks bodyPhases
firsts: firsts
lasts: lasts lastsCooldown
recipes: recipes
stretch: stretchExercises stretchRoutines stretchSessions stretchAssessments stretchReminders
mail: mailDrafts
meditate: meditatePresets meditateSessions meditateSettings
sleep: sleepEntries sleepHygieneLogs sleepHygieneChecks sleepSettings
mood: moodEntries moodSettings
quiz: quizzes questions attempts
wetter: locations settings
website: websites websitePages websiteBlocks
writing: writingDrafts writingDraftVersions writingGenerations writingStyles
augur: augurEntries
forms: forms formResponses
library: libraryEntries
invoices: invoices invoiceClients invoiceSettings
broadcasts: broadcastCampaigns broadcastTemplates broadcastSettings
manabench: spaceKeys
"""

_RETIRED = """
kontext: kontextDoc
places: places locationLogs placeTags
articles: articles highlights importJobs importItems extractPickup articleTags
news: articles categories preferences reactions
food: meals goals favorites mealTags
plants: plants plantPhotos wateringSchedules wateringLogs plantTags
cards: decks cards deckTags
quotes: favorites lists quotesListTags custom-quotes
music: songs playlists playlistSongs projects markers songTags
memoro: memos memories memoTags spaces spaceMembers memoSpaces
uload: links tags folders linkTags
context: spaces documents documentTags
moodlit: moods sequences moodTags
citycorners: cities locations favorites ccLocationTags
who: games messages
wardrobe: wardrobeGarments wardrobeOutfits
comic: comicStories comicCharacters
wishes: items lists priceChecks
"""


DEVICES = ("manabench", "devices")
"""What the devices of an account tell each other (``compare.devices``). It holds no records, so it
is in no list of collections, and is never pulled as one."""


def known() -> Iterator[tuple[str, str]]:
    """(app, collection) of every name, those in use first."""
    for line in (_IN_USE + _RETIRED).split("\n"):
        app, _colon, collections = line.partition(":")
        for collection in collections.split():
            yield app, collection
