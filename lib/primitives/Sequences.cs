namespace Podwire;

/// <summary>
/// The lazy operators of System.Linq that make new sequences, for the ahead-of-time compiler. They stand in the namespace that encloses
/// all of Podwire's, so that the compiler finds them before System.Linq's; what they don't cover is System.Linq's own.
/// </summary>
/// <remarks>
/// Up to .NET 9 System.Linq's iterators answer <c>Select</c> by a generic virtual method, so the ahead-of-time compiler has to combine
/// every value type that a sequence holds with every value type that some other sequence is turned into: 97,556 methods and 17 MB for
/// the daemons, four minutes of compilation. .NET 10 has a switch for that (UseSizeOptimizedLinq); an iterator method has no such cost
/// on either. Unlike System.Linq's, arguments are looked at when the sequence is read.
/// </remarks>
public static class Sequences
{
    /// <summary>The elements for which <paramref name="predicate"/> holds.</summary>
    public static IEnumerable<T> Where<T>(this IEnumerable<T> source, Func<T, bool> predicate)
    {
        foreach (var item in source)
        {
            if (predicate(item))
            {
                yield return item;
            }
        }
    }

    /// <summary>What <paramref name="selector"/> makes of each element.</summary>
    public static IEnumerable<TResult> Select<T, TResult>(this IEnumerable<T> source, Func<T, TResult> selector)
    {
        foreach (var item in source)
        {
            yield return selector(item);
        }
    }

    /// <summary>What <paramref name="selector"/> makes of each element and its place, which starts at 0.</summary>
    public static IEnumerable<TResult> Select<T, TResult>(this IEnumerable<T> source, Func<T, int, TResult> selector)
    {
        var index = 0;
        foreach (var item in source)
        {
            yield return selector(item, index++);
        }
    }

    /// <summary>The elements of all the sequences that <paramref name="selector"/> makes, one after the other.</summary>
    public static IEnumerable<TResult> SelectMany<T, TResult>(this IEnumerable<T> source, Func<T, IEnumerable<TResult>> selector)
    {
        foreach (var item in source)
        {
            foreach (var result in selector(item))
            {
                yield return result;
            }
        }
    }

    /// <summary>What <paramref name="result"/> makes of each element and each element of the sequence made from it.</summary>
    public static IEnumerable<TResult> SelectMany<T, TItem, TResult>(this IEnumerable<T> source, Func<T, IEnumerable<TItem>> selector, Func<T, TItem, TResult> result)
    {
        foreach (var item in source)
        {
            foreach (var inner in selector(item))
            {
                yield return result(item, inner);
            }
        }
    }

    /// <summary>The elements of both sequences, <paramref name="first"/>'s before.</summary>
    public static IEnumerable<T> Concat<T>(this IEnumerable<T> first, IEnumerable<T> second)
    {
        foreach (var item in first)
        {
            yield return item;
        }
        foreach (var item in second)
        {
            yield return item;
        }
    }

    /// <summary>The elements and <paramref name="last"/>.</summary>
    public static IEnumerable<T> Append<T>(this IEnumerable<T> source, T last)
    {
        foreach (var item in source)
        {
            yield return item;
        }
        yield return last;
    }

    /// <summary><paramref name="first"/> and the elements.</summary>
    public static IEnumerable<T> Prepend<T>(this IEnumerable<T> source, T first)
    {
        yield return first;
        foreach (var item in source)
        {
            yield return item;
        }
    }

    /// <summary>The first <paramref name="count"/> elements, or all where there are fewer; no further one is read.</summary>
    public static IEnumerable<T> Take<T>(this IEnumerable<T> source, int count)
    {
        if (count <= 0)
        {
            yield break;
        }
        foreach (var item in source)
        {
            yield return item;
            if (--count == 0)
            {
                yield break;
            }
        }
    }

    /// <summary>All elements but the first <paramref name="count"/>.</summary>
    public static IEnumerable<T> Skip<T>(this IEnumerable<T> source, int count)
    {
        foreach (var item in source)
        {
            if (count > 0)
            {
                count--;
                continue;
            }
            yield return item;
        }
    }

    /// <summary>The elements without repetition, in the order in which each is first met.</summary>
    public static IEnumerable<T> Distinct<T>(this IEnumerable<T> source)
    {
        var met = new HashSet<T>();
        foreach (var item in source)
        {
            if (met.Add(item))
            {
                yield return item;
            }
        }
    }

    /// <summary>A list of all in their natural order.</summary>
    public static List<T> InOrder<T>(this IEnumerable<T> source)
        where T : IComparable<T>
    {
        var list = new List<T>(source);
        list.Sort();
        return list;
    }

    /// <summary>A list of all in an order that tells any two apart: equal ones may change places.</summary>
    public static List<T> InOrder<T>(this IEnumerable<T> source, Comparison<T> order)
    {
        var list = new List<T>(source);
        list.Sort(order);
        return list;
    }
}
