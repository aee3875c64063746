using Podwire.Proxy.Apply;
using Xunit;

namespace Podwire.Proxy.Tests.Apply;

public sealed class AheadTests
{
    [Fact]
    public void Of_Items_GivesThemInOrder() => Assert.Equal(Enumerable.Range(0, 1000), Ahead.Of(Enumerable.Range(0, 1000)));

    [Fact]
    public void Of_ASourceThatFails_FailsBehindWhatCameBefore()
    {
        var seen = new List<int>();

        Assert.Throws<InvalidDataException>(() => seen.AddRange(Ahead.Of(Failing())));

        foreach (var _ in Ahead.Of(Enumerable.Range(0, int.MaxValue)))
        {
            // Leaving early ends the maker too.
            break;
        }

        var taken = new List<int>();
        Assert.Throws<InvalidDataException>(() =>
        {
            foreach (var item in Ahead.Of(Failing()))
            {
                taken.Add(item);
            }
        });
        Assert.Equal([1, 2], taken);
    }

    private static IEnumerable<int> Failing()
    {
        yield return 1;
        yield return 2;
        throw new InvalidDataException();
    }
}
