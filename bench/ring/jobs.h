// The functions behind the rows of this table. In all of them a is the size of the area in bytes.
#pragma once

#include "row.h"

void sweep(const Row&);          // b = length
void sizes(const Row&);          // b, c = least and largest length; options.bytes: another area
void profile(const Row&);        // b = length
void latency(const Row&);        // b = length
void random_release(const Row&); // b = length
void held_release(const Row&);   // b = length
void mixed_lengths(const Row&);  // b = largest length
void other_thread(const Row&);   // b = length
