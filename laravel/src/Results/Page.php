<?php

declare(strict_types=1);

namespace WhatsAppBridge\Results;

use Closure;
use Countable;
use Illuminate\Support\Collection;
use Illuminate\Support\LazyCollection;
use IteratorAggregate;
use Traversable;

/**
 * One page of a list. Iterate over it for its items; `lazy()` goes on through all the pages, one request each.
 *
 * @template T of Result
 *
 * @implements IteratorAggregate<int, T>
 */
final class Page implements Countable, IteratorAggregate
{
    /**
     * @param  Collection<int, T>  $items
     * @param  string|null  $nextCursor  null on the last page
     * @param  Closure(string): self<T>  $follow
     */
    public function __construct(
        public readonly Collection $items,
        public readonly ?string $nextCursor,
        private readonly Closure $follow,
    ) {
    }

    /** @return self<T>|null */
    public function next(): ?self
    {
        return $this->nextCursor === null ? null : ($this->follow)($this->nextCursor);
    }

    /** @return LazyCollection<int, T> */
    public function lazy(): LazyCollection
    {
        return LazyCollection::make(function () {
            for ($page = $this; $page !== null; $page = $page->next()) {
                foreach ($page->items as $item) {
                    yield $item;
                }
            }
        });
    }

    public function getIterator(): Traversable
    {
        return $this->items->getIterator();
    }

    public function count(): int
    {
        return $this->items->count();
    }
}
