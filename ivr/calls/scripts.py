"""The Lua that makes a turn one step: what must be atomic in Redis, and nothing else.

Keys: ``call:<id>`` (hash), ``journal`` (stream), ``outbox`` (sorted set: effect keys by when to look at them, ms),
``effect:<key>`` (hash), ``outbox:parked`` (sorted set: given up), ``lookup:<call>:<n>`` (an answer),
``flow:<revision>`` (a text).
Names are put together inside the scripts, so Redis Cluster is not supported; Sentinel is.
"""

from __future__ import annotations

LOAD = """
local v = redis.call('HMGET', KEYS[1], 'n', 'state', 'session', 'wait', 'facts', 'revision', 'left',
                     'reply:' .. ARGV[1], 'key', 'handed', 'script', 'said')
local answer = false
if v[9] and v[9] ~= '' then answer = redis.call('GET', 'lookup:' .. v[9]) end
v[9] = answer
return v
"""
"""KEYS call hash; ARGV turn. One round trip: the state, the reply to that turn if it was given, the awaited answer."""

_ADD_EFFECTS = """
local function add(effects, now, ttl)
  for _, e in ipairs(effects) do
    local name = 'effect:' .. e[1]
    if redis.call('HSETNX', name, 'state', 'pending') == 1 then
      redis.call('HSET', name, 'kind', e[2], 'call', e[3], 'body', e[4], 'attempts', 0, 'created', now)
      redis.call('ZADD', KEYS[2], now + 1000, e[1])
      redis.call('EXPIRE', name, ttl)
      if e[2] == 'hand_off' or e[2] == 'change' then redis.call('HSET', KEYS[1], 'handed', 1) end
    end
  end
end
"""

COMMIT = (
    _ADD_EFFECTS
    + """
local n = tonumber(ARGV[1])
local have = redis.call('HMGET', KEYS[1], 'n', 'state', 'reply:' .. ARGV[1])
if have[2] == 'completed' or (have[1] and tonumber(have[1]) ~= n) then
  return {0, have[1] or '0', have[2] or '', have[3] or ''}
end
local fresh = not have[1]
redis.call('HSET', KEYS[1], 'n', n + 1, 'state', ARGV[2], 'reply:' .. ARGV[1], ARGV[3], 'session', ARGV[4],
           'wait', ARGV[5], 'key', ARGV[6], 'facts', ARGV[7], 'revision', ARGV[8], 'left', '')
redis.call('HDEL', KEYS[1], 'reply:' .. (n - tonumber(ARGV[10])))
if ARGV[15] ~= '' then redis.call('HSET', KEYS[1], 'record:' .. (n + 1), ARGV[15]) end
if ARGV[18] ~= '' then redis.call('HSET', KEYS[1], 'script', ARGV[18]) end
if fresh and n > 0 then redis.call('HSET', KEYS[1], 'seq', n * 1000) end
redis.call('EXPIRE', KEYS[1], ARGV[9])
local count = tonumber(ARGV[12])
if count > 0 then
  local last = redis.call('HINCRBY', KEYS[1], 'seq', count)
  redis.call('XADD', KEYS[3], '*', 'call', ARGV[14], 'seq', last - count + 1, 'entries', ARGV[11])
end
if ARGV[13] ~= '[]' then
  add(cjson.decode(ARGV[13]), tonumber(ARGV[16]), 604800)
  if ARGV[17] ~= '' then redis.call('ZADD', KEYS[4], ARGV[16], ARGV[17]) end
end
return {1, n + 1, ARGV[2], redis.call('EXISTS', 'flow:' .. ARGV[8])}
"""
)
"""KEYS call hash, outbox, journal, promised numbers; ARGV turn, state, reply, session, wait, answer's key, facts,
revision, ttl, replies kept, journal [[kind, at, data]], its length, effects [[key, kind, call, body]], call, record,
now in ms, number, script. First commit wins: the second gets ``{0, n, state, stored reply}``. A turn's journal is one
entry of the stream. A call that Redis had lost numbers its journal from ``n * 1000``, past what SQL may hold of it
already. Whose turn leaves work behind may soon have a promise."""

STREAM_OVER = """
local n = redis.call('HGET', KEYS[1], 'n')
if not n then return false end
local first = redis.call('HSETNX', KEYS[1], 'over:' .. ARGV[1], n)
return {tonumber(redis.call('HGET', KEYS[1], 'over:' .. ARGV[1])), first,
        redis.call('HGET', KEYS[1], 'left:' .. ARGV[1]) or ''}
"""
"""KEYS call hash; ARGV stream. The turn that the call was at when the stream's end was first told, whether that is now,
and why we left it ('' when we did not). Told again it is the same turn."""

DEFER = _ADD_EFFECTS + "add(cjson.decode(ARGV[1]), tonumber(ARGV[2]), 604800) return 1"
"""KEYS (unused), outbox; ARGV effects, now in ms: effects that belong to no turn."""

CLAIM = """
local name = 'effect:' .. ARGV[1]
local v = redis.call('HMGET', name, 'state', 'lease', 'kind', 'call', 'body', 'created')
local now = tonumber(ARGV[2])
if not v[1] then redis.call('ZREM', KEYS[1], ARGV[1]) return false end
if not (v[1] == 'pending' or (v[1] == 'started' and tonumber(v[2] or '0') <= now)) then return false end
local attempt = redis.call('HINCRBY', name, 'attempts', 1)
redis.call('HSET', name, 'state', 'started', 'lease', now + tonumber(ARGV[3]))
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[1])
return {attempt, v[3], v[4], v[5], v[6]}
"""
"""KEYS outbox; ARGV key, now, lease in ms. The effect, for one worker, until its lease is over."""

FINISH = """
local name = 'effect:' .. ARGV[1]
local state = redis.call('HGET', name, 'state')
if state ~= 'started' and state ~= 'doubtful' then return 0 end
if state == 'doubtful' then
  if ARGV[2] ~= 'done' then
    redis.call('HSET', name, 'state', 'parked')
    return 1
  end
  redis.call('ZREM', KEYS[2], ARGV[1])
end
redis.call('HSET', name, 'state', ARGV[2])
if ARGV[2] == 'pending' then
  redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
else
  redis.call('ZREM', KEYS[1], ARGV[1])
  if ARGV[2] == 'parked' then
    redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
  else
    redis.call('HDEL', name, 'body')
    redis.call('EXPIRE', name, 86400)
  end
end
if ARGV[4] ~= '' then redis.call('SET', 'lookup:' .. ARGV[1], ARGV[4], 'EX', 3600) end
return 1
"""
"""KEYS outbox, parked; ARGV key, next state (done, pending, parked), when to look again, answer. One in doubt
is never tried again: it is done, or stays parked for a human."""

EXPIRE = """
local answer = redis.call('GET', 'lookup:' .. ARGV[1])
if answer then return {'answered', answer} end
local name = 'effect:' .. ARGV[1]
local state = redis.call('HGET', name, 'state')
if state == 'pending' then
  redis.call('HSET', name, 'state', 'expired')
  redis.call('HDEL', name, 'body')
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('EXPIRE', name, 86400)
  return {'expired', ''}
end
if state == 'started' and ARGV[2] == '1' then
  redis.call('HSET', name, 'state', 'doubtful')
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
  return {'doubtful', ''}
end
return {state or 'expired', ''}
"""
"""KEYS outbox, parked; ARGV key, whether to give up on one that was started, now. Decides between a worker about to
begin and a caller about to be told: only one of them gets it."""
