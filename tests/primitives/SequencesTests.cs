namespace Podwire.Primitives.Tests;

/// <summary>Which of the operators of one name the compiler takes.</summary>
public class SequencesTests
{
    [Fact]
    public void Parallel_Queries_StayParallel()
    {
        var numbers = Enumerable.Range(0, 100).AsParallel();
        Assert.IsAssignableFrom<ParallelQuery<int>>(numbers.Where(n => n % 2 == 0).Select(n => n * 2).SelectMany(n => new[] { n }));
        Assert.Equal(4950, numbers.Select(n => n).Sum());
    }
}
