namespace Podwire.Primitives;

/// <summary>
/// What LINQ's operators do, for sequences of value types. LINQ's own are generic virtual methods of generic iterators: the AOT compiler must combine
/// every value type that meets one with every other, which takes minutes and megabytes. These are plain loops, and give lists.
/// </summary>
public static class ValueSequences
{
    /// <summary>Those that are wanted, in their order.</summary>
    public static List<T> Filtered<T>(this IEnumerable<T> values, Func<T, bool> wanted)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(wanted);
        var list = new List<T>();
        foreach (var value in values)
        {
            if (wanted(value))
            {
                list.Add(value);
            }
        }

        return list;
    }

    /// <summary>Each turned into something else, in their order.</summary>
    public static List<TResult> Mapped<T, TResult>(this IEnumerable<T> values, Func<T, TResult> turn)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(turn);
        var list = new List<TResult>();
        foreach (var value in values)
        {
            list.Add(turn(value));
        }

        return list;
    }

    /// <summary>Each once, where it was first.</summary>
    public static List<T> Unique<T>(this IEnumerable<T> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var seen = new HashSet<T>();
        var list = new List<T>();
        foreach (var value in values)
        {
            if (seen.Add(value))
            {
                list.Add(value);
            }
        }

        return list;
    }

    /// <summary>All in their natural order.</summary>
    public static List<T> InOrder<T>(this IEnumerable<T> values)
        where T : IComparable<T>
    {
        var list = new List<T>(values);
        list.Sort();
        return list;
    }

    /// <summary>All in an order that tells any two apart: equal ones may change places.</summary>
    public static List<T> InOrder<T>(this IEnumerable<T> values, Comparison<T> order)
    {
        var list = new List<T>(values);
        list.Sort(order);
        return list;
    }
}
