// The functions behind the rows of this table. Those of ways/ know the ways that their rows can be done in.
#pragma once

#include "row.h"

void first_touch(const Row&); // a = size, b = blocks
void sweep(const Row&);       // a = touch
void decay(const Row&);
void lists(const Row&);       // a = number of the list
void concurrent(const Row&);  // a = size, b = 1: threads persist
void latency(const Row&);     // a = size

void populate(const Row&); // a = size
void hugetlb(const Row&);  // a = touch
void chase(const Row&);
