using Podwire.Controllers.Deployments;

namespace Podwire.Controllers.Tests;

public class RolloutMathTests
{
    [Theory]
    [InlineData("25%", "25%", 10, 3, 2)]
    [InlineData("25%", "25%", 1, 1, 0)]
    [InlineData("0", "0", 5, 0, 1)]
    [InlineData("0%", "10%", 5, 0, 1)]
    [InlineData("100%", "100%", 4, 4, 4)]
    [InlineData("2", "7", 4, 2, 4)]
    [InlineData("25%", "25%", 0, 0, 1)]
    public void Bounds_RoundSurgeUpAndUnavailableDown(string surge, string unavailable, int replicas, int expectedSurge, int expectedUnavailable) =>
        Assert.Equal(
            (expectedSurge, expectedUnavailable),
            RolloutMath.Bounds(int.TryParse(surge, out var s) ? s : surge, int.TryParse(unavailable, out var u) ? u : unavailable, replicas));

    [Theory]
    [InlineData(10, 2, 0, 10, 2)]
    [InlineData(10, 2, 0, 12, 0)]
    [InlineData(10, 0, 0, 8, 2)]
    [InlineData(10, 5, 8, 12, 10)]
    [InlineData(3, 1, 5, 5, 3)]
    public void NewSize_FillsTheRoomThatTheSurgeLeaves(int desired, int surge, int current, int total, int expected) =>
        Assert.Equal(expected, RolloutMath.NewSize(desired, surge, current, total));

    [Theory]
    [InlineData(new[] { 10, 5 }, 3, new[] { 12, 6 })]
    [InlineData(new[] { 10, 5 }, -6, new[] { 6, 3 })]
    [InlineData(new[] { 3, 3 }, -6, new[] { 0, 0 })]
    [InlineData(new[] { 2, 1 }, -9, new[] { 0, 0 })]
    [InlineData(new[] { 4 }, 7, new[] { 11 })]
    public void Share_KeepsTheMix(int[] sizes, int change, int[] expected) => Assert.Equal(expected, RolloutMath.Share(sizes, change));

    [Fact]
    public void Share_OfAnySizes_AddsUpAndNeverGoesBelowZero()
    {
        var random = new Random(7);
        for (var i = 0; i < 2000; i++)
        {
            var sizes = Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(1, 30)).ToArray();
            var change = random.Next(-sizes.Sum(), 60);
            var shared = RolloutMath.Share(sizes, change);
            Assert.Equal(sizes.Sum() + change, shared.Sum());
            Assert.All(shared, size => Assert.True(size >= 0));
        }
    }
}
