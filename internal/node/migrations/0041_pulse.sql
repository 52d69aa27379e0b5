-- Expand: what /readyz writes, so that a database that can only be read is seen.
create table node_pulse (
    node text primary key, -- name of the node among those on this database
    beat bigint not null   -- grows with each write
);
