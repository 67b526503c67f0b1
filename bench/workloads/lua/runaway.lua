-- Takes memory until it is refused.
local hoard = {}
while true do hoard[#hoard + 1] = ("x"):rep(1000) .. #hoard end
