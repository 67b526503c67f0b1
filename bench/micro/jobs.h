// The functions behind the rows of this table.
#pragma once

#include "row.h"

void pair_exact(const Row&);    // a = size
void pair_sized(const Row&);    // a = size
void drop(const Row&);
void sleeping(const Row&);
void fragment(const Row&);
void create_destroy(const Row&);
void many_handles(const Row&);
void purge_round(const Row&);
void refuse(const Row&);        // a = size
