-- An index of words: for each the list of lines it stands on.
local text = ...
local index, lines, entries = {}, 0, 0

for line in text:gmatch("[^\n]*\n") do
  lines = lines + 1
  for word in line:gmatch("%a+") do
    local list = index[word]
    if not list then
      list = {}
      index[word] = list
    end
    if list[#list] ~= lines then
      list[#list + 1] = lines
      entries = entries + 1
    end
  end
end

local words, longest = {}, 0
for word, list in pairs(index) do
  words[#words + 1] = word
  if #list > longest then longest = #list end
end
table.sort(words)

local sum = 0
for i, word in ipairs(words) do sum = (sum * 31 + #index[word] * i) % 1000000007 end
return string.format("%d lines, %d words, %d entries, longest list %d, check %d", lines, #words, entries, longest, sum)
