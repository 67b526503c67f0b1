-- Parses a JSON text into tables, walks them, and returns what it counted.
local text = ...
local find, sub, byte = string.find, string.sub, string.byte

local escapes = {['"'] = '"', ['\\'] = '\\', ['/'] = '/', b = '\b', f = '\f', n = '\n', r = '\r', t = '\t'}
local words = {t = {true, 4}, f = {false, 5}, n = {nil, 4}}

local function unescape(s)
  s = s:gsub("\\u(%x%x%x%x)", function(hex) return utf8.char(tonumber(hex, 16)) end)
  return (s:gsub("\\(.)", escapes))
end

local function parse_string(at)
  local start, escaped = at + 1, false
  local stop = start
  while true do
    stop = find(text, '["\\]', stop)
    if byte(text, stop) == 34 then break end
    escaped, stop = true, stop + 2
  end
  local s = sub(text, start, stop - 1)
  if escaped then s = unescape(s) end
  return s, stop + 1
end

local parse_value

local function parse_object(at)
  local object, key = {}, nil
  at = find(text, "%S", at + 1)
  while byte(text, at) ~= 125 do
    key, at = parse_string(at)
    at = find(text, "[^%s:]", at)
    object[key], at = parse_value(at)
    at = find(text, "[^%s,]", at)
  end
  return object, at + 1
end

local function parse_array(at)
  local array, n = {}, 0
  at = find(text, "%S", at + 1)
  while byte(text, at) ~= 93 do
    n = n + 1
    array[n], at = parse_value(at)
    at = find(text, "[^%s,]", at)
  end
  return array, at + 1
end

function parse_value(at)
  local c = byte(text, at)
  if c == 34 then return parse_string(at) end
  if c == 123 then return parse_object(at) end
  if c == 91 then return parse_array(at) end
  local word = words[string.char(c)]
  if word then return word[1], at + word[2] end
  local _, stop = find(text, "^[-+.%deE]+", at)
  return tonumber(sub(text, at, stop)), stop + 1
end

local tables, strings, bytes, others = 0, 0, 0, 0

local function walk(value)
  local kind = type(value)
  if kind == "table" then
    tables = tables + 1
    for _, child in pairs(value) do walk(child) end
  elseif kind == "string" then
    strings, bytes = strings + 1, bytes + #value
  else
    others = others + 1
  end
end

walk((parse_value(find(text, "%S"))))
return string.format("%d tables, %d strings of %d bytes, %d other values", tables, strings, bytes, others)
