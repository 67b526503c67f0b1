// The functions behind the rows of this table.
#pragma once

#include "row.h"

void shuffled(const Row&);        // a = size, b = buffers
void many(const Row&);            // a = size, b = buffers
void mixed(const Row&);
void hand_over_turns(const Row&); // a = size
void load(const Row&);            // a = threads, b = number of the list of sizes, c = bytes written
void first_get(const Row&);       // a = size, b = touch, c = 1: warmed up before
void burst(const Row&);           // a = size
void zero_put(const Row&);        // a = size
void zero_get(const Row&);        // a = size
void checked(const Row&);         // a = size
void several(const Row&);         // a = size, b = pools
