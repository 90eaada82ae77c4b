-- Letters with a link that people of an agency have had sent, for as long as they count.
CREATE TABLE invitations (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    inviter_id INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    person_id  INTEGER NOT NULL REFERENCES people (id) ON DELETE CASCADE,
    at         TEXT NOT NULL
) STRICT;
CREATE INDEX invitations_inviter ON invitations (inviter_id, at);
CREATE INDEX invitations_person ON invitations (person_id, at);
