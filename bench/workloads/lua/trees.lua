-- Binary trees: many short-lived ones beside one that stays.
local depth_most = 16

local function build(depth)
  if depth == 0 then return {} end
  return {build(depth - 1), build(depth - 1)}
end

local function count(tree)
  if not tree[1] then return 1 end
  return 1 + count(tree[1]) + count(tree[2])
end

local stays = build(depth_most)
local total = 0
for depth = 4, depth_most, 2 do
  local rounds = 1 << (depth_most - depth + 2)
  for _ = 1, rounds do total = total + count(build(depth)) end
end
return string.format("%d nodes in short-lived trees, %d in the one that stays", total, count(stays))
