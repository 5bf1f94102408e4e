// Every limit of the program, named in one place. Sizes in bytes unless the name says otherwise.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace dvcsync::limits {

// Province XML.
inline constexpr std::size_t max_record = 4u << 20;       // one record; a larger one is parked
inline constexpr std::size_t read_chunk = 256u << 10;     // drop-folder file read size
inline constexpr std::size_t max_xml_depth = 64;          // nesting inside one record
inline constexpr std::size_t max_xml_name = 256;          // an element's name
inline constexpr std::size_t max_xml_declaration = 1024;  // <?xml … ?>
inline constexpr std::size_t kept_of_bad = 4u << 10;      // of a record too large to keep
inline constexpr std::size_t xml_probe = 64u << 10;       // head and tail looked at beforehand
inline constexpr std::size_t max_root_value = 200;        // an attribute of the root element
inline constexpr std::size_t max_list = 2'000;            // members of one list of one record
inline constexpr std::size_t max_amount_digits = 15;      // exact in every JSON reader's double
inline constexpr std::size_t max_faults = 200;            // named in one refusal of a record
inline constexpr std::size_t max_code = 100;              // dossier and procedure codes, characters
// An export may be dated so much after our clock; one dated later is not believed.
inline constexpr std::chrono::hours export_ahead{24};

// What comes from the portal: a submission as JSON.
inline constexpr std::size_t max_json = 32u << 20;
inline constexpr std::size_t max_json_depth = 64;  // objects and lists inside each other
inline constexpr std::size_t max_json_values = 200'000;

// Files a person writes.
inline constexpr std::size_t max_config_file = 1u << 20;
inline constexpr std::size_t max_secret_file = 4u << 10;  // a password file
inline constexpr std::size_t max_mapping_file = 4u << 20;
inline constexpr std::chrono::seconds session_reserve{5};  // before the end of a token
inline constexpr std::size_t max_token = 8u << 10;         // a session that goes into a header
inline constexpr std::size_t max_profile_bases = 4;        // one standing on another, and so on
inline constexpr std::size_t max_code_table_rows = 200'000;
// catalogue drift: how far back dossiers count, and the working days in which a decision must be
// entered (NĐ 63/2010: at the latest 5 working days after it).
inline constexpr int drift_dossier_days = 365;
inline constexpr int entry_working_days = 5;
inline constexpr std::size_t legacy_probe = 64u << 10;  // bytes looked at for a code page
inline constexpr std::size_t max_csv_file = 64u << 20;
inline constexpr std::size_t max_explained_file = 256u << 20;  // read whole for one record of it
inline constexpr std::size_t max_preview_sample = 10'000'000;  // records mapped for a preview
inline constexpr int max_working_days = 10'000;                // one step of the calendar, days

// Portal.
inline constexpr std::size_t max_answer = 8u << 20;  // one answer of the portal
// One submission as the portal gives it: its files may stand in it as Base64.
inline constexpr std::size_t max_submission_answer = 48u << 20;
inline constexpr std::size_t max_document = 8u << 20;      // one national document
inline constexpr std::size_t max_batch_bytes = 16u << 20;  // one call's body
inline constexpr int max_batch = 500;     // items in a call, whatever the profile says
inline constexpr int split_calls = 64;    // to find the culprit of a batch refused as a whole
inline constexpr int max_in_flight = 64;  // calls at once, whatever the settings say
// Dossiers on a page of the portal's list, whatever the profile says.
inline constexpr int max_page_size = 1'000;
inline constexpr int list_pages = 5'000;  // of one period; a list that goes on is not believed
inline constexpr int news_pages = 5'000;  // of one walk through the list of new submissions
inline constexpr int max_overlap_hours = 24 * 31;     // of two such walks
inline constexpr std::size_t max_service_name = 100;  // in a callback's body, characters
inline constexpr std::size_t max_download_id = 64;
inline constexpr int max_callback_retry = 3'600;      // seconds that a callback may be put off
inline constexpr double min_calls_per_second = 0.01;  // of one endpoint, in a profile
inline constexpr double max_calls_per_second = 1'000;
inline constexpr int max_burst = 1'000;     // calls that may come at once
inline constexpr int session_renewals = 1;  // in one call that says that its session has ended
inline constexpr std::size_t max_file_reference = 200;  // id and hash that it gives a file
inline constexpr int max_upload_mib = 200;  // one file that it is given, whatever the settings say
// Longer waits are cut to it.
inline constexpr std::chrono::milliseconds max_retry_after{3'600'000};
// Authorities, certificate chain, private key.
inline constexpr std::size_t max_pem_file = 1u << 20;
// A kept connection older than this is dropped.
inline constexpr std::chrono::seconds idle_connection{3};
inline constexpr int max_attempts = 1'000;  // tries of one item, whatever the settings say
// Of a submission. One that is told to last longer is that of a clock that went back, and over.
inline constexpr std::chrono::hours longest_wait{24};

inline constexpr std::size_t resyncs_shown = 100;  // looked through for those that are paused

// A code of the portal that is shown in the log; anything longer or less plain may be a name.
inline constexpr std::size_t plain_code = 12;

// So many procedures may go without a question, whatever the share.
inline constexpr std::size_t catalogue_handful = 9;
// Named in the message of a push that is stopped; dvcsync catalogue lists them all.
inline constexpr std::size_t named_procedures = 10;

// Files of submissions.
inline constexpr std::size_t max_file_name = 200;            // as the province gets it
inline constexpr std::size_t sniffed_bytes = 1u << 20;       // looked at to tell a file's type
inline constexpr std::size_t max_answer_headers = 1u << 18;  // of a server that gives a file
inline constexpr std::size_t max_link = 8u << 10;            // a file's address
// A download that is slower for a whole silence (FetchRules) is given up.
inline constexpr std::size_t least_bytes_per_second = 16u << 10;
// The largest file that the settings permit may take as long as it takes at this pace (4 Mbit/s, a
// poor line of an office), within these bounds: so much can one file add to a run.
inline constexpr std::size_t poor_line = 512u << 10;  // bytes a second
inline constexpr std::chrono::seconds shortest_download{60};
inline constexpr std::chrono::seconds longest_download{600};
inline constexpr std::chrono::seconds scan_deadline{60};
inline constexpr std::size_t max_scanner_answer = 4u << 10;

// The way in.
// A row of the list whose time is younger may still change without another time.
inline constexpr std::chrono::seconds settling{10};
inline constexpr std::size_t max_callback_body = 32u << 20;
inline constexpr std::size_t max_submission_files = 100;
// Calls of the portal, or submissions whose files are fetched, at once.
inline constexpr int inbound_workers = 4;
// Of one run. After it no file is begun: dossiers wait for the run's end.
inline constexpr std::chrono::seconds time_for_files{60};
// Sealed payloads of submissions that are worked on at once; a larger one goes alone.
inline constexpr std::size_t payloads_in_hand = 32u << 20;
// Bodies of callbacks that are read and sealed at once; the others wait for their turn, so long. A
// body takes some four times its size meanwhile.
inline constexpr std::size_t bodies_in_work = 40u << 20;
inline constexpr std::chrono::seconds turn_patience{20};
inline constexpr int max_file_mib = 1'024;  // whatever the settings say
inline constexpr int max_submission_mib = 10'240;
inline constexpr std::chrono::seconds database_connect{10};  // the province's database
inline constexpr std::chrono::milliseconds database_statement{60'000};

// What is listened to: callbacks, behind the reverse proxy.
inline constexpr std::size_t max_request_head = 16u << 10;  // request line and headers
inline constexpr std::size_t max_request_path = 1'024;      // encoded
inline constexpr std::size_t max_requests_at_once = 128;    // connections, a request each
inline constexpr std::size_t max_bodies_at_once = 128u << 20;
inline constexpr std::size_t max_waiting_requests = 64;  // for a free worker
inline constexpr int listener_workers = 4;
inline constexpr std::chrono::seconds request_head_deadline{10};
inline constexpr std::chrono::seconds request_body_deadline{60};  // all of it
inline constexpr std::chrono::seconds request_answer_deadline{60};
inline constexpr std::chrono::seconds reader_silence{30};  // of whoever is being answered
inline constexpr std::chrono::seconds listener_closing{5};
inline constexpr int come_again{10};  // seconds, told to whoever finds us too busy

// Work held in memory at once.
inline constexpr std::size_t kept_working_memory = 1u << 20;  // of a thread, from call to call
// An allocation of this size or more goes back to the system as soon as it is freed.
inline constexpr int returned_at_once = 1 << 20;
inline constexpr std::size_t intake_batch = 500;        // records in one ledger transaction
inline constexpr std::size_t intake_bytes = 16u << 20;  // and their bytes, about
inline constexpr std::size_t rows_at_hand = 4'096;  // records whose progress rows are kept mapped
inline constexpr std::size_t claim_batch = 256;     // outbox items claimed at once
inline constexpr std::size_t walk_batch = 256;      // records compared with the portal at once
// Differences that the portal's list shows and that are asked for once more, one by one.
inline constexpr std::size_t confirmed_differences = 2'000;
// A payload of the ledger, opened: a submission with its files inside is the largest.
inline constexpr std::size_t max_payload = 48u << 20;
inline constexpr std::size_t max_message = 2'000;  // characters of a stored reason

// The trail. An entry of a log may have 65,535 bytes (tlog-tiles); ours need a few hundred.
inline constexpr std::size_t max_entry = 16u << 10;
// Whose entries a delivery can still name: more than can be in hand at once.
inline constexpr std::size_t exchanges_at_hand = 16'384;

// People.
inline constexpr std::size_t max_act_reason = 500;     // characters of a person's --reason
inline constexpr int max_listed = 10'000;              // rows that one command prints
inline constexpr std::size_t max_named_codes = 1'000;  // codes named on one command line
inline constexpr std::size_t named_unreadable =
    1'000;  // records that still cannot be read, by name

// The report of deliveries.
inline constexpr std::size_t max_report_deliveries = 5'000'000;  // of one period
inline constexpr std::size_t max_report_late = 100'000;          // listed; the rest is counted
inline constexpr std::size_t printed_late = 300;                 // of those, on the printed page
inline constexpr int max_late_hours = 24 * 366;                  // whatever the settings say

// Evidence for auditors.
inline constexpr int max_unsealed_minutes = 30 * 24 * 60;  // whatever the settings say
inline constexpr int max_keep_days = 36'500;
inline constexpr std::chrono::hours timestamp_every{1};  // and for what people ask for
inline constexpr std::chrono::seconds timestamp_deadline{20};
inline constexpr std::chrono::minutes timestamp_pause{10};  // after one that could not be had
inline constexpr std::chrono::seconds folder_lock_wait{10};
inline constexpr std::chrono::seconds seal_every{60};              // while a run or serve goes on
inline constexpr std::size_t max_checkpoint_history = 512u << 20;  // a year, one a minute
inline constexpr std::size_t max_proof_file = 64u << 20;           // proofs of one dossier
inline constexpr std::size_t max_findings = 20;                    // named by one verification
inline constexpr std::uint64_t max_log_size = (std::uint64_t{1} << 63) - 1;  // entries
inline constexpr std::size_t max_log_entry = 65'535;       // its length is written in two bytes
inline constexpr std::uint64_t max_listed_log = 1u << 28;  // entries whose tiles are listed
inline constexpr std::size_t max_note = 1u << 20;          // text and signatures
inline constexpr std::size_t max_note_signatures = 64;     // the format asks for 16 at least
inline constexpr std::size_t max_key_name = 255;
inline constexpr std::size_t max_extensions = 100;        // lines of a checkpoint after the third
inline constexpr std::size_t max_inclusion_proof = 63;    // hashes: the height of the tree
inline constexpr std::size_t max_log_proof = 4u << 20;    // a proof with its extra data
inline constexpr std::size_t max_timestamp = 256u << 10;  // one answer of a time authority

}  // namespace dvcsync::limits
