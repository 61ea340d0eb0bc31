-- Upkeep and `feeds list` count each feed's articles.
CREATE INDEX article_by_feed ON article(feed_id);
