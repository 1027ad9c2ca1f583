<?php

return ['default' => 'array', 'mailers' => ['array' => ['transport' => 'array']], 'from' => ['address' => 'toko@example.test', 'name' => 'Toko']];
