-- How a route differs from the usual trunk, as JSON: most routes say little of it, and none of it is searched for.
ALTER TABLE routes ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
