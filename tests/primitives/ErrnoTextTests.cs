namespace Podwire.Primitives.Tests;

public class ErrnoTextTests
{
    [Fact]
    public void Describe_EveryNumberOfTheList_HasItsName() =>
        Assert.All(Enum.GetValues<Errno>().Where(e => e != Errno.None), e => Assert.StartsWith($"{e} (", e.Describe(), StringComparison.Ordinal));

    [Fact]
    public void Describe_AnotherNumber_IsShownAsSuch() => Assert.StartsWith("errno 4095 (", ((Errno)4095).Describe(), StringComparison.Ordinal);
}
