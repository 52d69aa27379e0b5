-- The streams of others are counted anew, for each node of a provider; what was
-- taken in before is known by its id.
drop table exchange_cursors;

-- Where this node stands in the streams of others.
create table exchange_followed (
    contract text not null,
    node     text not null,           -- name of the provider's node
    place    text not null,           -- reached; empty before the first page
    again    bigint not null,         -- microseconds: begin again at this instant; 0 for no
    taken    bigint not null,         -- events taken in
    taken_at bigint not null,         -- microseconds; 0 for never
    fault    text not null,           -- code of what is wrong; empty when nothing is
    fault_at bigint not null,         -- microseconds: since when
    primary key (contract, node)
);

-- Events that were gone before they were read.
create table exchange_holes (
    kind      text not null,          -- 'contract' or 'subscription'
    reader    text not null,          -- id of either
    node      text not null,          -- of the provider, for a contract
    place     text not null,          -- after which they are missing
    available bigint not null,        -- microseconds: from then on all are there
    noticed   bigint not null,        -- microseconds
    primary key (kind, reader, node, place)
);
create index exchange_holes_noticed on exchange_holes (noticed, kind, reader, node, place);
