using System.Diagnostics;
using System.Globalization;

namespace Podwire.Fuzz;

/// <summary>
/// Feeds a decoder mutations of samples for half a second, or for FUZZ_SECONDS and until there were FUZZ_INPUTS, whichever is later. Exceptions
/// of the kinds that the decoder documents are answers; anything else fails the test with the seed and the input. FUZZ_SEED repeats a run. With
/// FUZZ_LOG a line per decoder is appended to that file: name, seed, inputs, how many were taken, inputs per second; with FUZZ_PROGRESS that far
/// every so many seconds on the standard error. A source file that suites link in: see tests/README.md.
/// </summary>
internal static class Fuzzer
{
    private static readonly TimeSpan Default = TimeSpan.FromSeconds(0.5);

    // An input is a sample and at most five insertions of 39 octets.
    private const int MostInserted = 5 * 39;

    /// <summary>Runs one decoder over mutations of samples.</summary>
    /// <param name="name">What the line in the log begins with.</param>
    /// <param name="samples">What is mutated; each must be taken as it is.</param>
    /// <param name="decode">The decoder.</param>
    /// <param name="isAnswer">True for an exception that the decoder may answer with.</param>
    public static void Run(string name, IReadOnlyList<byte[]> samples, Action<byte[]> decode, Func<Exception, bool> isAnswer)
    {
        foreach (var sample in samples)
        {
            decode(sample);
        }

        var buffer = new byte[samples.Max(static sample => sample.Length) + MostInserted];
        Run(name, random => Mutate(samples, buffer, random), decode, isAnswer);
    }

    /// <summary>Runs one decoder over whatever comes next, so many inputs without FUZZ_INPUTS; the same seed must make the same inputs.</summary>
    public static void Run(string name, Func<Random, byte[]> next, Action<byte[]> decode, Func<Exception, bool> isAnswer, int inputsAtLeast = 0)
    {
        var seed = (int)(Number("FUZZ_SEED") ?? Random.Shared.Next());
        var span = Number("FUZZ_SECONDS") is { } seconds ? TimeSpan.FromSeconds(seconds) : Default;
        var least = (long)(Number("FUZZ_INPUTS") ?? inputsAtLeast);
        var progress = Number("FUZZ_PROGRESS") is { } every ? TimeSpan.FromSeconds(every) : TimeSpan.MaxValue;
        var random = new Random(seed);
        var clock = Stopwatch.StartNew();
        var told = progress;
        long inputs = 0, taken = 0;
        // The clock costs as much as a short message: it is read every 16 inputs.
        for (; inputs % 16 != 0 || inputs < least || clock.Elapsed < span; inputs++)
        {
            var bytes = next(random);
            try
            {
                decode(bytes);
                taken++;
            }
            catch (Exception e) when (isAnswer(e))
            {
                // Refused as it should be.
            }
            catch (Exception e)
            {
                Assert.Fail($"{name}: seed {seed}, input {inputs}: {e.GetType().Name}: {e.Message} on {Convert.ToBase64String(bytes)}{Environment.NewLine}{e.StackTrace}");
            }

            if (inputs % 4096 == 0 && clock.Elapsed >= told)
            {
                told += progress;
                Console.Error.WriteLine(Line(name, seed, inputs, taken, clock));
            }
        }

        if (Environment.GetEnvironmentVariable("FUZZ_LOG") is { Length: > 0 } log)
        {
            File.AppendAllText(log, Line(name, seed, inputs, taken, clock) + Environment.NewLine);
        }
    }

    private static double? Number(string variable) => double.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Line(string name, int seed, long inputs, long taken, Stopwatch clock) =>
        string.Create(CultureInfo.InvariantCulture, $"{name,-36} seed {seed,-11} {inputs,11} inputs, {100.0 * taken / Math.Max(inputs, 1),5:F1}% taken, {inputs / clock.Elapsed.TotalSeconds,9:F0}/s");

    /// <summary>A sample with one to five changes; the decoder's own array, of its very length, so that what reads beyond it is found.</summary>
    private static byte[] Mutate(IReadOnlyList<byte[]> samples, byte[] buffer, Random random)
    {
        var sample = samples[random.Next(samples.Count)];
        sample.CopyTo(buffer, 0);
        var count = sample.Length;
        for (var i = random.Next(1, 6); i > 0 && count > 0; i--)
        {
            var at = random.Next(count);
            switch (random.Next(8))
            {
                case 0:
                    buffer[at] = (byte)random.Next(256);
                    break;
                case 1:
                    var end = Math.Min(at + random.Next(1, 20), count);
                    buffer.AsSpan(end, count - end).CopyTo(buffer.AsSpan(at));
                    count -= end - at;
                    break;
                case 2:
                    // Once more what stands there.
                    var twice = Math.Min(random.Next(1, 40), count - at);
                    buffer.AsSpan(at, count - at).CopyTo(buffer.AsSpan(at + twice));
                    count += twice;
                    break;
                case 3:
                    buffer[at] = "{}[]\",:0-\\ntf"u8[random.Next(13)];
                    break;
                case 4:
                    count = at;
                    break;
                case 5:
                    var other = samples[random.Next(samples.Count)];
                    var from = random.Next(other.Length);
                    var piece = other.AsSpan(from, Math.Min(other.Length - from, random.Next(1, 40)));
                    buffer.AsSpan(at, count - at).CopyTo(buffer.AsSpan(at + piece.Length));
                    piece.CopyTo(buffer.AsSpan(at));
                    count += piece.Length;
                    break;
                case 6:
                    buffer.AsSpan(at, Math.Min(random.Next(1, 9), count - at)).Fill((byte)(random.Next(2) * 0xff));
                    break;
                default:
                    buffer[at] ^= (byte)(1 << random.Next(8));
                    break;
            }
        }

        return buffer.AsSpan(0, count).ToArray();
    }
}
