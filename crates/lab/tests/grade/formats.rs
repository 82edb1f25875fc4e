//! A class: one grade each, a table and a picture; who has begun nothing has not failed.
