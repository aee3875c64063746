using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Podwire.Bench;

/// <summary>Runs the benchmarks; arguments are BenchmarkDotNet's, such as <c>--filter *Diff*</c>.</summary>
internal static class Program
{
    private static void Main(string[] args)
    {
        // In process: BenchmarkDotNet's own build of a project would not find this tree's artifacts.
        var config = DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance));
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
    }
}
