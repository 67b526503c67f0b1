// The functions behind the rows of this table.
#pragma once

#include "row.h"

void allowed(const Row&);
void registering(const Row&); // a = 1: on 2 MiB pages
void lookup(const Row&);      // a = areas, b = 1: addresses that are not registered
void files(const Row&);       // a = block, b = depth, c = 1: O_DIRECT, 2: O_DIRECT, and memory on 4 KiB pages
void sockets(const Row&);     // a = bytes of a message
