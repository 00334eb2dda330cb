namespace DctNet.Service.Tests;

/// <summary>For tests that look at what the whole process shares: environment variables, pools, meters.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneGroup
{
    public const string Name = "alone";
}
