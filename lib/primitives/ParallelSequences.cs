namespace Podwire;

/// <summary>Keeps queries that are to run in parallel out of <see cref="Sequences"/>, which would take their elements one by one.</summary>
public static class ParallelSequences
{
    /// <summary>System.Linq's own.</summary>
    public static ParallelQuery<TResult> Select<T, TResult>(this ParallelQuery<T> source, Func<T, TResult> selector) => ParallelEnumerable.Select(source, selector);

    /// <summary>System.Linq's own.</summary>
    public static ParallelQuery<TResult> SelectMany<T, TResult>(this ParallelQuery<T> source, Func<T, IEnumerable<TResult>> selector) =>
        ParallelEnumerable.SelectMany(source, selector);

    /// <summary>System.Linq's own.</summary>
    public static ParallelQuery<T> Where<T>(this ParallelQuery<T> source, Func<T, bool> predicate) => ParallelEnumerable.Where(source, predicate);
}
